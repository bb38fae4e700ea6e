"""Assertions on answers from documents, and on the documents: what a judge finds claim by claim."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import AliasChoices, Field

from pytest_arena.assertions.judge_base import JudgedAssertion, answer, dialogue
from pytest_arena.judging.llm.items import Items
from pytest_arena.judging.llm.panel import Question
from pytest_arena.judging.llm.prompt import Material, Task
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext, MoreText, Outcome
from pytest_arena.schema.base import Texts

LEAST = 0.8
_SUPPORT = (
    '{"claim": "the claim in a sentence", "quote": "where the JUDGED makes it, word for word", '
    '"support": "the passage of the SOURCE that decides, word for word, or an empty text", '
    '"verdict": "supported, contradicted or absent"}'
)
_SUPPORT_MEANING = (
    "supported: the SOURCE says so, or it follows from it; contradicted: the SOURCE says "
    "otherwise; absent: the SOURCE says neither. Supported and contradicted claims need a passage "
    "as support."
)
_STATEMENT = (
    '{"claim": "the statement in a few words", "quote": "the passage of the answer, word for word",'
    ' "verdict": "relevant or irrelevant"}'
)
_DOCUMENT = (
    '{"number": 1, "quote": "the passage of that document which helps, word for word, or an empty '
    'text", "verdict": "useful or useless"}'
)


class _WithDocuments(JudgedAssertion):
    context: Texts | None = None
    """The documents to judge by, one text or several; the case's `context:` unless given."""
    min_score: float = Field(default=LEAST, ge=0, le=1)
    """The least score that holds."""

    def documents(self, context: CheckContext) -> tuple[Material, ...]:
        """Return the documents as material, numbered from 1."""
        texts = context.documents if self.context is None else self.context
        return tuple(Material(f"document {n}", text) for n, text in enumerate(texts, start=1))

    def without_documents(self) -> Outcome:
        return Outcome.error(
            f"{self.type} needs documents to judge by, and the case has none\n"
            "  fix: give the case or the assertion a `context:`"
        )


class _Supported(_WithDocuments):
    prompts: ClassVar[tuple[str, ...]] = ("support", "items_reply")
    worth: ClassVar[Mapping[str, float]]

    def question(self, trial: Trial, context: CheckContext) -> Question | Outcome:
        documents = self.documents(context)
        if not documents:
            return self.without_documents()
        return support(answer(trial), documents, self.worth, self.least(self.min_score))


class Faithfulness(_Supported):
    """Holds when the claims of the answer are supported by the case's documents.

        - type: faithfulness
          min_score: 0.8
          context: Returns are free for thirty days, if the item is unused.

    The judge lists the claims, quotes where the answer makes each and the passage that supports
    it; both quotes must be found. The score is the share of supported claims; an answer without a
    claim scores 1.

    Error: when there is no context, no judge is configured, or the judge gives no usable
    judgement.
    """

    type: ClassVar[str] = "faithfulness"
    aliases: ClassVar[tuple[str, ...]] = ("context_faithfulness", "groundedness")
    worth: ClassVar[Mapping[str, float]] = {"supported": 1.0, "contradicted": 0.0, "absent": 0.0}


class Hallucination(_Supported):
    """Holds when no claim of the answer goes against the case's documents.

        - type: hallucination
          context: Returns are free for thirty days, if the item is unused.

    The judge lists the claims as for `faithfulness`, and is asked only once for both. Claims of
    which the documents say nothing do not count here. The score is the share of claims that are
    not contradicted.

    Error: when there is no context, no judge is configured, or the judge gives no usable
    judgement.
    """

    type: ClassVar[str] = "hallucination"
    worth: ClassVar[Mapping[str, float]] = {"supported": 1.0, "contradicted": 0.0, "absent": 1.0}

    min_score: float = Field(default=1.0, ge=0, le=1)
    """The least score that holds."""


class ContextRecall(_WithDocuments):
    """Holds when the documents say what a reference answer says.

        - type: context_recall
          reference: Returns are free for thirty days.
          context: [Our shops open at nine., Items may be sent back for free for thirty days.]

    The score is the share of the reference's claims that the documents support.

    Error: when there is no context, no judge is configured, or the judge gives no usable
    judgement.
    """

    type: ClassVar[str] = "context_recall"
    more_text: ClassVar[MoreText] = "nothing"
    prompts: ClassVar[tuple[str, ...]] = ("support", "items_reply")

    reference: str = Field(min_length=1, validation_alias=AliasChoices("reference", "value"))
    """The answer that should be possible with the documents."""

    def question(self, trial: Trial, context: CheckContext) -> Question | Outcome:
        documents = self.documents(context)
        if not documents:
            return self.without_documents()
        judged = Material("reference", self.reference)
        return support(judged, documents, Faithfulness.worth, self.least(self.min_score))


class AnswerRelevance(JudgedAssertion):
    """Holds when what the answer says helps to answer the user's message.

        - type: answer_relevance
          min_score: 0.8

    The judge lists the statements of the answer, each with a quote. The score is the share of
    those that help.

    Error: when no judge is configured, or the judge gives no usable judgement.
    """

    type: ClassVar[str] = "answer_relevance"
    aliases: ClassVar[tuple[str, ...]] = ("answer_relevancy",)
    prompts: ClassVar[tuple[str, ...]] = ("statements", "items_reply")

    min_score: float = Field(default=LEAST, ge=0, le=1)
    """The least score that holds."""

    def question(self, trial: Trial, context: CheckContext) -> Question:
        meaning = "relevant: it helps to answer the message; irrelevant: it does not."
        task = Task("statements", {}, "items_reply", {"shape": _STATEMENT, "meaning": meaning})
        worth = {"relevant": 1.0, "irrelevant": 0.0}
        form = Items(worth, {"quote": (("answer",), frozenset(worth))}, "statement")
        material = (*dialogue(trial), answer(trial))
        return Question(task, material, form, self.least(self.min_score))


class ContextRelevance(_WithDocuments):
    """Holds when the documents help to answer the user's message.

        - type: context_relevance
          min_score: 0.5
          context: [Our shops open at nine., Items may be sent back for free for thirty days.]

    The score is the share of documents of which a passage helps; the judge must quote it.

    Error: when there is no context, no judge is configured, or the judge gives no usable
    judgement.
    """

    type: ClassVar[str] = "context_relevance"
    more_text: ClassVar[MoreText] = "nothing"
    aliases: ClassVar[tuple[str, ...]] = ("context_relevancy",)
    prompts: ClassVar[tuple[str, ...]] = ("documents", "items_reply")

    def question(self, trial: Trial, context: CheckContext) -> Question | Outcome:
        documents = self.documents(context)
        if not documents:
            return self.without_documents()
        return usefulness(trial, documents, None, self.least(self.min_score), ranked=False)


class ContextPrecision(_WithDocuments):
    """Holds when the documents that help come before those that do not.

        - type: context_precision
          min_score: 0.8
          context: [Items may be sent back for free for thirty days., Our shops open at nine.]

    The score is the mean, over the useful documents, of the share of useful ones down to its
    rank (average precision).

    Error: when there is no context, no judge is configured, or the judge gives no usable
    judgement.
    """

    type: ClassVar[str] = "context_precision"
    more_text: ClassVar[MoreText] = "nothing"
    prompts: ClassVar[tuple[str, ...]] = ("documents", "items_reply")

    reference: str | None = Field(default=None, min_length=1)
    """A good answer, which tells the judge what is needed."""

    def question(self, trial: Trial, context: CheckContext) -> Question | Outcome:
        documents = self.documents(context)
        if not documents:
            return self.without_documents()
        least = self.least(self.min_score)
        return usefulness(trial, documents, self.reference, least, ranked=True)


def support(
    judged: Material, documents: tuple[Material, ...], worth: Mapping[str, float], least: float
) -> Question:
    """Return the question which claims of a text the documents support."""

    def named(text: str) -> str:
        return text.replace("JUDGED", judged.name).replace("SOURCE", "documents")

    task = Task(
        "support",
        {"judged": judged.name, "source": "documents"},
        "items_reply",
        {"shape": named(_SUPPORT), "meaning": named(_SUPPORT_MEANING)},
    )
    names = tuple(document.name for document in documents)
    form = Items(
        worth,
        {
            "quote": ((judged.name,), frozenset(worth)),
            "support": (names, frozenset({"supported", "contradicted"})),
        },
    )
    return Question(task, (*documents, judged), form, least)


def usefulness(
    trial: Trial,
    documents: tuple[Material, ...],
    reference: str | None,
    least: float,
    *,
    ranked: bool,
) -> Question:
    """Return the question which documents help to answer the message."""
    towards = " as the reference does" if reference else ""
    meaning = "useful: a passage of it helps, which is quoted; useless: none does."
    task = Task(
        "documents",
        {"towards": towards},
        "items_reply",
        {"shape": _DOCUMENT, "meaning": meaning},
    )
    form = Items(
        {"useful": 1.0, "useless": 0.0},
        {"quote": (("document",), frozenset({"useful"}))},
        "document",
        count=len(documents),
        ranked=ranked,
    )
    known = (Material("reference", reference),) if reference else ()
    return Question(task, (*dialogue(trial), *known, *documents), form, least)
