from collections.abc import Mapping

from ngsolve import FESpace, IntegrationRule, Mesh

class IntegrationRuleSpace(FESpace):
    def __init__(self, mesh: Mesh, *, order: int) -> None: ...
    def GetIntegrationRules(self) -> Mapping[object, IntegrationRule]: ...
