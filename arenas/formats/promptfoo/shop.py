"""A help desk that answers by rules, in the form that promptfoo calls."""

ANSWERS = {
    "shipping": "You pay nothing: we do.",
    "open": "We are open from 9 to 17, every day.",
    "person": "I am the shop's assistant.",
    "return": "Gladly: you have 30 days.",
    "back": "Return it within thirty days.",
    "order": 'It is this one: {"order": 48213}',
    "have": "Yes, the {product} is there.",
}


def call_api(prompt, options, context):
    variables = context["vars"]
    question = variables["question"].lower()
    answer = next((text for word, text in ANSWERS.items() if word in question), "I will ask.")
    answer = answer.replace("{product}", variables["product"])
    if options["config"]["style"] == "full":
        answer = f"  Sure! {answer}"
    elif "order" in question:
        answer = "I cannot see your order."
    return {"output": answer, "tokenUsage": {"prompt": 20, "completion": 10}}
