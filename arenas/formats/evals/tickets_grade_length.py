def grade(sample, item):
    return 1 / len(sample["output_text"].split())
