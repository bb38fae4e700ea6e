"""Graders of tickets.json, as its arena calls them; written by arena import."""

from pytest_arena.openai_evals import multi, python_grader, string_check, text_similarity

near_the_label = text_similarity(
    "fuzzy_match", "{{ sample.output_text }}", "{{ item.label }}", pass_threshold=0.8
)
one_word = python_grader(__file__, "tickets_grade_one_word.py", pass_threshold=1.0)
label = string_check("like", "{{ sample.output_text }}", "{{ item.label }}")
length = python_grader(__file__, "tickets_grade_length.py", pass_threshold=0.0)
label_and_length = multi(
    "min(label, 2 * length)", {"label": label, "length": length}, pass_threshold=0.25
)
