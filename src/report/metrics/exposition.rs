//! The two formats of text that Prometheus reads, by its own library.
//!
//! The library knows only the newer one. In the older one (<https://prometheus.io/docs/instrumenting/exposition_formats/>)
//! a counter is called by the name of its samples, `_total` included; so there it is written as the library writes gauges,
//! which add nothing to their name.

use std::borrow::Cow;
use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

/// How metrics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposition {
    /// Prometheus's own format, which everybody reads.
    Prometheus,
    /// `OpenMetrics`, for who asks for it.
    OpenMetrics,
}

/// What Prometheus does with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It only grows.
    Counter,
    /// It grows and shrinks.
    Gauge,
}

/// Numbers of one name.
#[derive(Debug)]
pub(super) struct Family {
    /// That of a counter is without `_total`.
    pub(super) name: Cow<'static, str>,
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    pub(super) series: Vec<Series>,
}

/// One of them, with what tells it apart from the others.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) labels: Vec<(&'static str, Cow<'static, str>)>,
    pub(super) value: Value,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    Whole(u64),
    Seconds(f64),
}

impl Exposition {
    /// What HTTP calls it.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    pub(super) fn text(self, families: Vec<Family>) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Page { families, exposition: self }));
        let mut text = String::new();
        let written = encode_registry(&mut text, &registry).and_then(|()| match self {
            Self::Prometheus => Ok(()),
            Self::OpenMetrics => encode_eof(&mut text),
        });
        written.expect("memory takes all text, and every number fits its format");
        text
    }
}

/// Everything that is told.
#[derive(Debug)]
struct Page {
    families: Vec<Family>,
    exposition: Exposition,
}

impl Collector for Page {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for Family { name, help, kind, series } in &self.families {
            let (metric_type, suffix) = match (kind, self.exposition) {
                (Kind::Counter, Exposition::Prometheus) => (MetricType::Counter, "_total"),
                (Kind::Counter, Exposition::OpenMetrics) => (MetricType::Counter, ""),
                (Kind::Gauge, _) => (MetricType::Gauge, ""),
            };
            let name = format!("{name}{suffix}");
            let mut family = encoder.encode_descriptor(&name, help, None, metric_type)?;
            let adds_suffix = *kind == Kind::Counter && suffix.is_empty();
            for Series { labels, value } in series {
                if labels.is_empty() {
                    write(&mut family, *value, adds_suffix)?;
                } else {
                    write(&mut family.encode_family(labels)?, *value, adds_suffix)?;
                }
            }
        }
        Ok(())
    }
}

fn write(encoder: &mut MetricEncoder<'_>, value: Value, adds_suffix: bool) -> fmt::Result {
    match value {
        Value::Whole(count) if adds_suffix => encoder.encode_counter::<NoLabelSet, _, f64>(&count, None),
        Value::Seconds(seconds) if adds_suffix => encoder.encode_counter::<NoLabelSet, _, f64>(&seconds, None),
        // What a gauge can hold.
        Value::Whole(count) => encoder.encode_gauge(&i64::try_from(count).unwrap_or(i64::MAX)),
        Value::Seconds(seconds) => encoder.encode_gauge(&seconds),
    }
}
