"""A model that is a function."""


class FunctionModel:
    def __init__(self, function, *, model_name=None):
        self.function, self.model_name = function, model_name
