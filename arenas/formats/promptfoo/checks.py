import json


def known_order(output, context):
    order = json.loads(output).get("order")
    known = order in (48213, 48214)
    reason = f"order {order} is {'known' if known else 'unknown'}"
    return {"pass": known, "score": float(known), "reason": reason}
