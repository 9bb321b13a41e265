"""What a contract pays before anyone signs: operating characteristics by simulation."""

from impacteval.simulate.assumed import Assumed, Kind
from impacteval.simulate.scenario import Scenario, scenario_of
from impacteval.simulate.scenario_file import ScenarioFile, load_scenario

__all__ = ["Assumed", "Kind", "Scenario", "ScenarioFile", "load_scenario", "scenario_of"]
