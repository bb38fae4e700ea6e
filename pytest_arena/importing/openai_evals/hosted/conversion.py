"""An eval with its runs as an arena."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_arena.importing.arena_writer import escaped
from pytest_arena.importing.findings import ALIKE, EXACT, LEFT_OUT, Fidelity
from pytest_arena.importing.importer import Imported, Source
from pytest_arena.importing.made import LeftOutError, Made, lost_in_words
from pytest_arena.importing.openai_evals.code import GraderModule
from pytest_arena.importing.openai_evals.hosted.answer_paths import answer_path
from pytest_arena.importing.openai_evals.hosted.columns import ANSWERS, Columns, name_of_run
from pytest_arena.importing.openai_evals.hosted.exports import Eval, read_evals
from pytest_arena.importing.openai_evals.hosted.grader import Grader, paths_of
from pytest_arena.importing.openai_evals.hosted.graders import convert
from pytest_arena.importing.openai_evals.hosted.judges import shared_judge
from pytest_arena.importing.openai_evals.hosted.parts import Part, parts_of
from pytest_arena.importing.openai_evals.hosted.prompts import SENT
from pytest_arena.importing.openai_evals.hosted.questions import Questions, Row, read_questions
from pytest_arena.importing.openai_evals.hosted.templates import ANSWER, found, is_there
from pytest_arena.importing.openai_evals.names import Unique, case_name
from pytest_arena.importing.openai_evals.rows import RowFiles
from pytest_arena.importing.refused import why_refused
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.prompts.templates import as_text


class Conversion:
    """The evals of one file while they are converted."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._findings = source.findings
        self._module = GraderModule(source)
        self._files = RowFiles(source)
        self._columns = Columns(source.findings, self._files)
        self._names = Unique()
        self._cases: list[dict[str, Any]] = []
        self._kept: set[tuple[str, str]] = set()

    def run(self) -> Imported:
        evals = read_evals(self._source)
        asked = [(one, questions) for one in evals for questions in self._questions(one)]
        for one, questions in asked:
            self._convert(one, questions, alone=len(asked) == 1)
        arena: dict[str, Any] = {}
        names = [one.name for one in evals]
        arena["name"] = case_name(names[0] if len(names) == 1 else ", ".join(names))
        arena["providers"] = self._columns.entries
        if len(asked) == 1 and self._columns.has_answers:
            arena["defaults"] = {"providers": [ANSWERS]}
        judge = shared_judge(self._cases)
        if judge is not None:
            arena["judge"] = judge
        arena["tests"] = self._cases
        return Imported(arena, self._findings, self._source.files)

    def _questions(self, one: Eval) -> list[Questions]:
        config = one.tree.get("data_source_config")
        if isinstance(config, YamlMap) and config.get("type") not in (
            None, "custom", "logs", "stored_completions",
        ):  # fmt: skip
            self._findings.left_out(
                config.key_place("type"), f"a data source of the type {config['type']!r}"
            )
        return read_questions(one, self._source)

    def _convert(self, one: Eval, questions: Questions, *, alone: bool) -> None:
        criteria = one.tree["testing_criteria"]
        items = [row.item for row in questions.rows]
        graders = [
            Grader(tree, criteria.value_place(index), self._module, items)
            for index, tree in enumerate(criteria)
            if isinstance(tree, YamlMap)
        ]
        broken = self._tell_of_broken(criteria)
        answer = answer_path(graders, items, has_samples=questions.has_samples)
        keys = frozenset(key for row in questions.rows for key in row.sample or ())
        for grader in graders:
            grader.answer, grader.sample_keys = answer or ANSWER, keys
        rows = [(self._files.next_row(), row) for row in questions.rows]
        columns = self._add_columns(one, questions, rows, answer)
        tools = self._tools(questions)
        name = self._names.take(case_name(one.name))
        for part in parts_of(rows, questions, graders, self._findings):
            part.lost += broken
            case = self._case(name, part, graders) | tools
            if not alone:
                case["providers"] = columns
            self._cases.append(case | self._checked(part, graders, questions))

    def _tools(self, questions: Questions) -> dict[str, Any]:
        """Return the tools that runs were offered; of runs that differ, those of the first."""
        offered = [run.tools for run in questions.runs if run.asks]
        if any(tools != offered[0] for tools in offered):
            self._findings.alike(
                questions.place,
                "its runs were offered different tools",
                "those of the first are kept",
            )
        return {"tools": offered[0]} if offered and offered[0] else {}

    def _tell_of_broken(self, criteria: YamlList) -> list[str]:
        """Tell of graders that are no mappings, and return what a case says of each."""
        lost = []
        for index, tree in enumerate(criteria):
            if not isinstance(tree, YamlMap):
                place = criteria.value_place(index)
                self._findings.left_out(place, "a grader that is no mapping")
                self._findings.count_assertion(LEFT_OUT, place, f"grader {index}")
                lost.append("a grader")
        return lost

    def _add_columns(
        self,
        one: Eval,
        questions: Questions,
        rows: Sequence[tuple[int, Row]],
        answer: str | None,
    ) -> list[str]:
        """Add the columns that these rows are of, and return the names of those to run on."""
        answered, models = [], []
        for run in questions.runs:
            given = [
                {"row": number, **row.answers[run.id]}
                for number, row in rows
                if run.id in row.answers
            ]
            if answer == ANSWER and given:
                wanted = name_of_run(run, questions)
                answered.append(self._columns.add_answers(wanted, given))
            model = self._columns.add_model(run)
            if model is not None:
                models.append(model)
        if answer == ANSWER and not answered:
            given = [
                {"row": number, **row.answers[""]} for number, row in rows if "" in row.answers
            ]
            if given:
                answered.append(self._columns.add_answers("answers", given))
        elif answer != ANSWER and not questions.is_made_up:
            answered.append(self._of_items(questions, rows, answer))
            self._tell_of_items(one, answer)
        if not answered and not models:
            models.append(self._columns.add_placeholder())
            self._findings.alike(
                one.tree.place,
                "no run says which model is asked",
                "the column `model` stands for it: name yours under providers:",
            )
        return answered or list(dict.fromkeys(models))

    def _of_items(
        self, questions: Questions, rows: Sequence[tuple[int, Row]], answer: str | None
    ) -> str:
        """Add the column of answers that stand among the items."""
        given = []
        for number, row in rows:
            if answer is None:
                given.append({"row": number, "output": as_text(row.item)})
            elif is_there(answer, row.item):
                value = found(answer, row.item)
                given.append({"row": number, "output": None if value is None else as_text(value)})
        run = questions.runs[0] if len(questions.runs) == 1 else None
        wanted = name_of_run(run, questions) if run is not None else "answers"
        return self._columns.add_answers(wanted, given)

    def _tell_of_items(self, one: Eval, answer: str | None) -> None:
        place = one.tree.key_place("testing_criteria")
        if answer is None:
            self._findings.alike(
                place,
                "no grader looks at a model's answer",
                "each item stands for one, as JSON",
            )
        else:
            self._findings.alike(
                place, f"no grader names the sample: {answer} is taken for the answer"
            )

    def _case(self, name: str, part: Part, graders: Sequence[Grader]) -> dict[str, Any]:
        data = []
        for number, row in part.rows:
            made: dict[str, Any] = {"row": number, "item": row.item}
            if row.sample and any(
                path not in (ANSWER, "sample") for one in graders for path in _of_sample(one)
            ):
                made["sample"] = row.sample
            if part.prompt.takes_sent and row.sent:
                made[SENT] = [{"role": one.role, "content": one.text} for one in row.sent]
            data.append(made)
        case = {"name": f"{name} {{{{ row }}}}", "data": self._files.add("items", data)}
        return case | part.prompt.case

    def _checked(
        self, part: Part, graders: Sequence[Grader], questions: Questions
    ) -> dict[str, Any]:
        items = [row.item for _, row in part.rows]
        lost = list(part.lost)
        made: list[Made] = []
        for index, grader in enumerate(graders):
            if index in part.without:
                self._count(LEFT_OUT, grader)
                continue
            grader.items, grader.notes = items, []
            found_one = self._graded(grader)
            if found_one is None:
                lost.append(grader.name)
            else:
                made.append(found_one)
        case: dict[str, Any] = {}
        if questions.is_made_up:
            case["skip"] = "imported without its rows"
            self._findings.left_out(
                part.rows[0][1].place,
                "the rows, which are nowhere here",
                "put their JSONL beside the eval, with an `item` in each line, and import again",
            )
        elif lost and not self._source.partial:
            case["skip"] = escaped(lost_in_words(lost))
        if not any(one.get("weight", 1) for one in made):
            made.append({"type": "success"})
            if "skip" not in case:
                self._findings.alike(
                    graders[0].place if graders else self._source.place,
                    "no grader that could fail",
                    "type: success fails on an empty answer",
                )
        return {**case, "assertions": made}

    def _graded(self, grader: Grader) -> Made | None:
        """Return the assertion of a grader, and tell what became of it; None where it is none."""
        try:
            made = convert(grader)
            refused = why_refused(_with_texts(made))
            if refused is not None:
                raise LeftOutError(f"an arena refuses it: {refused}")
        except LeftOutError as error:
            self._findings.left_out(grader.place, f"{grader.name}: {error}", error.instead)
            self._count(LEFT_OUT, grader)
            return None
        for what, instead in grader.notes:
            self._findings.alike(grader.place, f"{grader.name}: {what}", instead)
        self._count(ALIKE if grader.notes else EXACT, grader)
        return made

    def _count(self, fidelity: Fidelity, grader: Grader) -> None:
        """Count a grader; one that is kept for some rows counts as kept."""
        # in JSONL all graders of an eval stand at one place
        kind = f"{grader.kind} {grader.name}"
        if fidelity != LEFT_OUT:
            self._kept.add((str(grader.place), kind))
        if fidelity != LEFT_OUT or (str(grader.place), kind) not in self._kept:
            self._findings.count_assertion(fidelity, grader.place, kind)


def _of_sample(grader: Grader) -> list[str]:
    return (
        ["sample.*"]
        if grader.kind == "python"
        else [path for path in paths_of(grader) if path.startswith("sample")]
    )


def _with_texts(made: Mapping[str, Any]) -> dict[str, Any]:
    """Return an assertion as it is once its templates are filled in, which takes any text."""
    return {key: "x" if key == "value" else value for key, value in made.items()}
