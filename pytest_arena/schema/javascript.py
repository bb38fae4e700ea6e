"""JavaScript as a value of an arena file: it compiles, or the file is refused."""

from pydantic_core import PydanticCustomError

from pytest_arena.javascript import EXTRA, Source, is_installed, why_not_compiled


def check_javascript(source: Source) -> None:
    """Raise a validation error where there is no engine, or the code does not compile."""
    if not is_installed():
        raise PydanticCustomError(
            "javascript_engine",
            "no JavaScript engine is installed",
            {"expected": "the extra `javascript`", "fix": EXTRA},
        )
    problem = why_not_compiled(source)
    if problem is None:
        return
    details = {
        "problem": problem,
        "expected": "JavaScript: an expression in one line, or the body of a function in several",
    }
    if "import" in problem:
        details["expected"] = "a file that needs no other"
        details["fix"] = "write what it needs into the file, or check with type: python"
    elif "\n" not in source.text.strip() and source.text.strip().startswith("return"):
        details["fix"] = "leave out `return`: one line is an expression"
    elif "await" in source.text:
        details["fix"] = "put it into an async function: (async () => { … })()"
    else:
        details["fix"] = "mend the code; in several lines it needs a `return`"
    raise PydanticCustomError("javascript", "JavaScript does not compile: {problem}", details)
