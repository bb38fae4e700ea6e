"""Assertions on the words of an answer: what it holds, how it begins and ends."""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, AliasChoices, Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.judging.answer_parts import AnswerPart, last_parts, parts_of
from pytest_arena.judging.detectors.messages import listed, quoted
from pytest_arena.judging.words import Texts, find_words
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, LookAt, MoreText, Outcome, brief
from pytest_arena.text.folding import as_written, bare_ends, fold
from pytest_arena.text.looking import SearchedText

Text = Annotated[str, Field(min_length=1)]


def _not_blank(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError(
            "cannot_fail",
            "blanks alone, with which every answer is taken to begin",
            {"expected": "the beginning of an answer", "fix": "use matches: '^\\s'"},
        )
    return value


class _InText(Assertion):
    case_sensitive: bool = False
    """Tell upper and lower case apart."""
    exact: bool = False
    """Compare as written: quotes, dashes and blanks count."""

    reads_text: ClassVar[bool] = True
    more_text: ClassVar[MoreText] = "help"

    def _found(self, wanted: tuple[str, ...], trial: Trial, context: CheckContext) -> list[str]:
        """Return what the last answer holds; with `not`, its own or that of a group around it, tool
        calls are looked at, too: what may not be said may not be handed on either."""
        parts = last_parts(trial, "both" if self.negate is not context.turned else "text")
        texts = [self._searched(part.text) for part in parts]
        return [each for each in wanted if any(text.holds(each) for text in texts)]

    def _searched(self, text: str) -> SearchedText:
        return SearchedText(text, case_sensitive=self.case_sensitive, exact=self.exact)


class _OneOrMore(_InText):
    value: Text | None = None
    """The text."""
    values: Texts | None = Field(default=None, validation_alias=AliasChoices("values", "patterns"))
    """Several texts (`patterns` means the same)."""

    @property
    def wanted(self) -> tuple[str, ...]:
        return ((self.value,) if self.value is not None else ()) + (self.values or ())

    @model_validator(mode="after")
    def _has_a_text(self) -> Self:
        if not self.wanted:
            raise PydanticCustomError(
                "missing_value",
                "{type} has no text to look for",
                {"type": self.type, "expected": "`value` or `values`"},
            )
        return self


class Contains(_OneOrMore):
    """Holds when the answer contains a text, or each of several; case is ignored by default.

        - type: contains
          value: Forgot Password

    Both are [folded](#what-is-folded) first, unless `exact: true`.

    Error: never.
    """

    type: ClassVar[str] = "contains"
    aliases: ClassVar[tuple[str, ...]] = ("content_includes",)
    graded: ClassVar[bool] = True

    @brief
    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return _all_of(self, self.wanted, trial, context)


class ContainsAll(_InText):
    """Holds when the answer contains each of several texts; case is ignored by default.

        - type: contains_all
          values: [refund, invoice]

    Error: never.
    """

    type: ClassVar[str] = "contains_all"
    graded: ClassVar[bool] = True

    values: Texts = Field(validation_alias=AliasChoices("values", "patterns"))
    """The texts (`patterns` means the same)."""

    @brief
    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        return _all_of(self, self.values, trial, context)


class ContainsAny(_InText):
    """Holds when the answer contains at least one of several texts; case is ignored by default.

        - type: contains_any
          values: [welcome, glad to help]

    Error: never.
    """

    type: ClassVar[str] = "contains_any"
    aliases: ClassVar[tuple[str, ...]] = ("content_includes_any",)

    values: Texts = Field(validation_alias=AliasChoices("values", "patterns"))
    """The texts (`patterns` means the same)."""

    @brief
    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        output = trial.output or ""
        found = self._found(self.values, trial, context)
        reason = f"found {listed(found)}" if found else _not_found(list(self.values), output)
        return Outcome.of(bool(found), reason, expected=f"any of {listed(self.values)}")


class _Excludes(_OneOrMore):
    reads_text: ClassVar[bool] = False
    more_text: ClassVar[MoreText] = "harm"

    look_at: LookAt = "both"
    """What of an answer is looked at: its `text`, the names and arguments of its `tool_calls`, or
    `both`."""

    def _first_found(self, parts: Iterable[AnswerPart]) -> tuple[str, list[str]]:
        """Return where the first of these texts stands that holds some of the wanted, and which."""
        for part in parts:
            searched = self._searched(part.text)
            found = [each for each in self.wanted if searched.holds(each)]
            if found:
                return part.where, found
        return "", []


class NotContains(_Excludes):
    """Holds when the answer contains none of these texts; case is ignored by default.

        - type: not_contains
          values: [guarantee, lawsuit]

    Error: never.
    """

    type: ClassVar[str] = "not_contains"
    aliases: ClassVar[tuple[str, ...]] = ("content_not_includes",)

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        where, found = self._first_found(last_parts(trial, self.look_at))
        reason = f"found {listed(found)}{where}" if found else f"did not find {listed(self.wanted)}"
        return Outcome.of(not found, reason, expected=f"nothing of {listed(self.wanted)}")


class ContentExcludes(_Excludes):
    """Holds when no answer of the whole conversation contains one of these texts.

        - type: content_excludes
          patterns: [internal only]

    Error: never.
    """

    type: ClassVar[str] = "content_excludes"
    whole_dialogue: ClassVar[bool] = True

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        expected = f"nothing of {listed(self.wanted)} in any answer"
        for turn, response in enumerate(trial.responses, 1):
            where, found = self._first_found(parts_of(response, self.look_at))
            if found:
                where += f" in answer {turn}" if len(trial.responses) > 1 else ""
                return Outcome.of(False, f"found {listed(found)}{where}", expected=expected)
        return Outcome.of(True, f"did not find {listed(self.wanted)}", expected=expected)


class BannedWords(Assertion):
    """Holds when the answer has none of these words; whole words count, in any case.

        - type: banned_words
          words: [hack, crack]

    Both are [folded](#what-is-folded), full-width letters and `_` at a word's border included.
    Nothing is blocked: that is what the guardrail of the same name does.

    Error: never.
    """

    type: ClassVar[str] = "banned_words"
    more_text: ClassVar[MoreText] = "harm"

    words: Texts
    """The words and phrases."""
    look_at: LookAt = "both"
    """What of an answer is looked at: its `text`, the names and arguments of its `tool_calls`, or
    `both`."""

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        expected = f"nothing of {listed(self.words)}"
        for part in last_parts(trial, self.look_at):
            spans = find_words(self.words, part.text)
            found = list(dict.fromkeys(part.text[start:end] for start, end in spans))
            if found:
                return Outcome.of(False, f"found {listed(found)}{part.where}", expected=expected)
        return Outcome.of(True, f"did not find {listed(self.words)}", expected=expected)


class Equals(Assertion):
    """Holds when the answer is this text, as written, up to blanks around it; case counts here.

        - type: equals
          value: "42"

    Quotes, dashes and inner blanks count, unless `fold: true` has both [folded](#what-is-folded).
    With `exact: true` every character counts, blanks around it and how an accent is written, too.

    Error: never.
    """

    type: ClassVar[str] = "equals"
    reads_text: ClassVar[bool] = True

    value: str
    """The whole answer."""
    case_sensitive: bool = True
    """Tell upper and lower case apart."""
    fold: bool = False
    """Compare both as `contains` does: quotes, dashes and blanks of other kinds are the same."""
    exact: bool = False
    """Compare character by character: blanks around the answer, line ends and accents, too."""

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if self.exact and self.fold:
            raise PydanticCustomError(
                "fold_and_exact",
                "equals is either exact or folds",
                {"expected": "one of `exact` and `fold`", "fix": "remove one of both"},
            )
        return self

    @brief
    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        output = trial.output or ""
        same = self._compared(output) == self._compared(self.value)
        reason = f"is {quoted(self.value)}" if same else f"is {quoted(output)}"
        return Outcome.of(same, reason, expected=quoted(self.value))

    def _compared(self, text: str) -> str:
        if self.fold:
            return fold(text, case_sensitive=self.case_sensitive)
        text = text if self.exact else bare_ends(as_written(text))
        return text if self.case_sensitive else text.casefold()

    @property
    def expects_empty(self) -> bool:
        return not (self.value if self.exact else self.value.strip()) and not self.negate


class StartsWith(_InText):
    """Holds when the answer begins with this text, leading blanks aside, in any case by default.

        - type: starts_with
          value: Dear

    Error: never.
    """

    type: ClassVar[str] = "starts_with"

    value: Annotated[str, Field(min_length=1), AfterValidator(_not_blank)]
    """The beginning."""

    @brief
    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        output = bare_ends(trial.output or "")
        return Outcome.of(
            self._searched(output).begins_with(self.value),
            f"begins with {quoted(output[: len(self.value) + 20])}",
            expected=f"begins with {quoted(self.value)}",
        )


class EndsWith(_InText):
    """Holds when the answer ends with this text, trailing blanks aside, in any case by default.

        - type: ends_with
          value: Kind regards

    Error: never.
    """

    type: ClassVar[str] = "ends_with"
    more_text: ClassVar[MoreText] = "either"

    value: Text
    """The end."""

    @brief
    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        output = bare_ends(trial.output or "")
        return Outcome.of(
            self._searched(output).ends_with(self.value),
            f"ends with {quoted(output[-len(self.value) - 20 :])}",
            expected=f"ends with {quoted(self.value)}",
        )


def _all_of(
    assertion: _InText, wanted: tuple[str, ...], trial: Trial, context: CheckContext
) -> Outcome:
    output = trial.output or ""
    found = assertion._found(wanted, trial, context)
    missing = [text for text in wanted if text not in found]
    return Outcome.of(
        not missing,
        _not_found(missing, output) if missing else f"found {listed(found)}",
        score=len(found) / len(wanted),
        expected=listed(wanted),
    )


def _not_found(missing: list[str], output: str) -> str:
    return f"did not find {listed(missing)} in {quoted(output)}"
