"""Tables and figures from results that are given."""


def test_each_seed_has_a_mean_of_its_own() -> None:
    from leukolens.research.experiments import benchmark_report as report

    metrics = [{name: {"value": value} for name in report.METRICS} for value in (0.5, 0.8, 0.9)]
    experiments = [{"recipe": "a", "seed": seed, "metrics": f} for seed, f in zip((0, 1, 0), metrics, strict=True)]
    found = report._means(experiments)
    assert found.columns == ("mean over tests", "a, seed 0, 2 tests", "a, seed 1, 1 tests")
    assert found.rows[0] == ("weighted f1", "0.700", "0.800")
