"""Assert on the label that an answer gives, as a classifier does."""

from dataclasses import replace
from typing import ClassVar

from pydantic import AliasChoices, Field

from pytest_arena.errors import ArenaError
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome
from pytest_arena.schema.predicted import Label, NoLabelError, Predicted, as_label
from pytest_arena.text.labels import label_key


class IsLabel(Assertion):
    """Holds when the answer gives the right label, as a classifier's answer does.

        - type: label
          value: billing
          predicted: category

    `predicted` says where the answer has its label: a JMESPath expression into its JSON, or a
    regular expression. Without it the whole answer is the label. Quotes, markup and full stops
    around it, and upper and lower case make no difference. An answer that gives no label is wrong,
    with `not`, too. A case has one label at most; `label:` and `predicted:` of a case are short
    for this. What all cases come to stands in [Labels](labels.md).

    Error: when the pattern needs more than a second, the JSON is nested too deeply to be read, or
    the path calls an unknown function.
    """

    type: ClassVar[str] = "label"
    reads_text: ClassVar[bool] = True

    value: Label = Field(validation_alias=AliasChoices("value", "label"))
    """The right label: a text, a number, or true and false."""
    predicted: Predicted | None = None
    """Where the answer says its label: `category` (a path), `'Category: (\\w+)'` (a pattern), or
    a mapping with `path` or `pattern` where a text could be either."""

    @property
    def right_label(self) -> str:
        return self.value

    @property
    def unfit_for_load(self) -> str:
        return "its figures need every answer, of which a load case keeps a sample"

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        answer, expected = trial.output or "", f"label {quoted(self.value)}"
        try:
            found = self.predicted.find(answer) if self.predicted else as_label(answer)
        except NoLabelError as missing:
            return Outcome.unseen(f"no label: {missing}", expected=expected)
        except ArenaError as error:
            return Outcome.error(str(error))
        held = label_key(found) == label_key(self.value)
        outcome = Outcome.of(held, f"the label is {quoted(found)}", expected=expected)
        return replace(outcome, predicted=found)
