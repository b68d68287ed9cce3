//! One line of a CloudWatch metric stream in JSON format.

use super::DecodeError;
use crate::model::json::Json;
use crate::model::metric::MetricPoint;
use crate::model::symbols::Symbols;
use crate::model::time::Timestamp;

/// Reads `{"namespace","metric_name","dimensions":{…},"timestamp":ms,"value":{"sum","count","min","max"}}`.
pub(super) fn decode(point: &Json<'_>, symbols: &mut Symbols) -> Result<MetricPoint, DecodeError> {
    let value = point.get("value").ok_or(DecodeError::Missing("value"))?;
    let figure = |key: &'static str| value.number_at(key).ok_or(DecodeError::Missing(key));
    let name = |key: &'static str| point.text_at(key).ok_or(DecodeError::Missing(key));
    let at = point
        .number_at("timestamp")
        .ok_or(DecodeError::Missing("timestamp"))?;
    let mut dimensions: Vec<(&str, &str)> = point
        .get("dimensions")
        .map_or(&[][..], Json::entries)
        .iter()
        .filter_map(|(key, value)| Some((*key, value.text()?)))
        .collect();
    dimensions.sort_unstable();
    Ok(MetricPoint {
        namespace: symbols.intern(name("namespace")?),
        name: symbols.intern(name("metric_name")?),
        dimensions: dimensions
            .into_iter()
            .map(|(key, value)| (symbols.intern(key), symbols.intern(value)))
            .collect(),
        at: Timestamp(at as i64),
        sum: figure("sum")?,
        count: figure("count")?,
        min: figure("min")?,
        max: figure("max")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::metric;

    #[test]
    fn a_point_is_read_and_its_dimensions_are_in_order() {
        let mut symbols = Symbols::default();
        let document = Json::read(
            r#"{"namespace":"AWS/Lambda","metric_name":"Throttles","dimensions":{"Resource":"f:prod","FunctionName":"f"},
            "timestamp":1795168800000,"value":{"max":1.0,"min":0.0,"sum":5.0,"count":6.0},"unit":"Count"}"#,
        );
        let point = metric(&document.expect("JSON"), &mut symbols).expect("valid");
        let named: Vec<_> = point
            .dimensions
            .iter()
            .map(|(key, value)| (symbols.get(*key), symbols.get(*value)))
            .collect();
        assert_eq!(named, [("FunctionName", "f"), ("Resource", "f:prod")]);
        assert_eq!(point.at, Timestamp(1_795_168_800_000));
        assert_eq!(
            (point.sum, point.count, point.min, point.max),
            (5.0, 6.0, 0.0, 1.0)
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let of = |json| {
            let document = Json::read(json).expect("JSON");
            metric(&document, &mut Symbols::default()).map(|_| ())
        };
        assert_eq!(of("{}"), Err(DecodeError::Missing("value")));
        assert!(of(r#"{"value":{"sum":"x"},"timestamp":1}"#).is_err());
    }
}
