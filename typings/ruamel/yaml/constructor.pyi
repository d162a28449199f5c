from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import Node

class DuplicateKeyError(MarkedYAMLError): ...

class SafeConstructor:
    def construct_document(self, node: Node) -> object: ...
