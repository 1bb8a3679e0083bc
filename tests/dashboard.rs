//! The dashboard for Grafana asks for nothing that the program does not tell.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use msncensus::report::{Exposition, InterfaceMetrics, Metrics, ProcessMetrics};
use serde_json::Value;

/// The source of all numbers: who imports the dashboard chooses it.
const SOURCE: &str = "${datasource}";

fn dashboard() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("grafana/msncensus.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// What a run that listens tells: the names of its metrics, and those of their labels.
fn told() -> (BTreeSet<String>, BTreeSet<String>) {
    let metrics = Metrics { interface: Some(InterfaceMetrics::default()), ..Metrics::default() };
    let process = ProcessMetrics { resident: Some(0), ..ProcessMetrics::default() };
    let text = metrics.text(process, Exposition::Prometheus);
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let name = |line: &str| line.split(['{', ' ']).next().unwrap().to_owned();
    let labels = samples.clone().flat_map(words).filter(|(_, behind)| behind.starts_with("=\""));
    (samples.map(name).collect(), labels.map(|(word, _)| word.to_owned()).collect())
}

/// The words of an expression, each with what stands behind it.
fn words(expression: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
    let mut rest = expression;
    std::iter::from_fn(move || {
        rest = rest.get(rest.find(is_word)?..)?;
        let (word, behind) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
        rest = behind;
        Some((word, behind))
    })
}

fn panels(dashboard: &Value) -> &[Value] {
    dashboard["panels"].as_array().unwrap()
}

/// The expressions of all panels, and of the variables.
fn expressions(dashboard: &Value) -> Vec<&str> {
    let targets = panels(dashboard).iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let variables = dashboard["templating"]["list"].as_array().unwrap().iter();
    let asked =
        targets.map(|target| &target["expr"]).chain(variables.filter_map(|variable| variable.get("definition")));
    asked.map(|expression| expression.as_str().unwrap()).collect()
}

#[test]
fn every_metric_of_the_dashboard_is_told() {
    let (names, labels) = told();
    let dashboard = dashboard();
    let mut shown = BTreeSet::new();
    for expression in expressions(&dashboard) {
        let asked: Vec<_> = words(expression).map(|(word, _)| word).collect();
        let metrics: Vec<_> =
            asked.iter().filter(|word| word.starts_with("msncensus_") || word.starts_with("process_")).collect();
        assert!(!metrics.is_empty(), "{expression}");
        for metric in metrics {
            assert!(names.contains(*metric), "{metric} in {expression}");
            shown.insert((*metric).to_owned());
        }
        for group in expression.split("by (").skip(1) {
            for label in group.split(')').next().unwrap().split(", ") {
                assert!(labels.contains(label), "{label} in {expression}");
            }
        }
    }
    for name in [
        "msncensus_exchanges_total",
        "msncensus_verdicts_total",
        "msncensus_clients",
        "msncensus_packets_total",
        "msncensus_kernel_dropped_packets_total",
        "msncensus_overload_dropped_packets_total",
        "msncensus_interface_up",
        "process_resident_memory_bytes",
    ] {
        assert!(shown.contains(name), "{name} is not shown");
    }
}

#[test]
fn the_dashboard_asks_the_source_that_is_chosen() {
    let dashboard = dashboard();
    let source = &dashboard["templating"]["list"][0];
    assert_eq!((&source["type"], &source["name"]), (&Value::from("datasource"), &Value::from("datasource")));
    let mut ids = BTreeSet::new();
    for panel in panels(&dashboard) {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        let targets = panel["targets"].as_array().unwrap();
        for of in targets.iter().chain([panel]) {
            assert_eq!(of["datasource"]["uid"], SOURCE, "{of}");
        }
        assert!(panel["title"].as_str().is_some_and(|title| !title.is_empty()));
        assert!(targets.iter().all(|target| target["expr"].as_str().unwrap().contains("instance=~\"$instance\"")));
    }
}
