def grade(sample, item):
    words = sample["output_text"].strip(" .").split()
    return 1.0 if len(words) == 1 else 0.5 if item["label"] in words[0] else 0.0
