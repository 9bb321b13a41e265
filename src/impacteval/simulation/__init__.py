"""What a contract pays before anyone signs: operating characteristics by simulation."""

from impacteval.simulation.assumed import Assumed, Kind
from impacteval.simulation.characteristics import Simulation
from impacteval.simulation.run import Simulated, simulate
from impacteval.simulation.scenario import Scenario, scenario_of
from impacteval.simulation.scenario_file import ScenarioFile, load_scenario

__all__ = [
    "Assumed",
    "Kind",
    "Scenario",
    "ScenarioFile",
    "Simulated",
    "Simulation",
    "load_scenario",
    "scenario_of",
    "simulate",
]
