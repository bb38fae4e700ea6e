"""What a model is."""


class DeepEvalBaseLLM:
    def __init__(self, model=None):
        self.name = model
        self.model = self.load_model()
