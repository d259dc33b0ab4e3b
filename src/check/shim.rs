//! Stand-in for `scim::address` and `scim::datetime` until they are merged.

pub mod address {
    use serde_json::Value;
    pub fn find<'a>(body: &'a Value, address: &str) -> Result<Vec<&'a Value>, String> {
        if address.is_empty() {
            return Ok(vec![body]);
        }
        if address.starts_with('/') {
            return Ok(body.pointer(address).into_iter().collect());
        }
        let mut parts = Vec::new();
        let (mut depth, mut quoted, mut last) = (0, false, 0);
        let urn = address.to_ascii_lowercase().starts_with("urn:");
        let cut = if urn {
            let colon = address.rfind(':').unwrap_or(0);
            if address.ends_with(":User") {
                parts.push(address.to_owned());
                return Ok(step(vec![body], &parts[0]));
            }
            parts.push(address[..colon].to_owned());
            colon + 1
        } else {
            0
        };
        last += cut;
        for (i, c) in address.char_indices().skip_while(|(i, _)| *i < cut) {
            match c {
                '"' => quoted = !quoted,
                '[' if !quoted => depth += 1,
                ']' if !quoted => depth -= 1,
                '.' if !quoted && depth == 0 => {
                    parts.push(address[last..i].to_owned());
                    last = i + 1;
                }
                _ => {}
            }
        }
        if quoted || depth != 0 {
            return Err(format!("at {}: expected a closing bracket", address.len()));
        }
        parts.push(address[last..].to_owned());
        let mut found = vec![body];
        for part in &parts {
            if part.is_empty() || part.contains(' ') && !part.contains('[') {
                return Err("at 0: expected an attribute name".into());
            }
            let (name, filter) = match part.split_once('[') {
                Some((n, f)) => (n, Some(f.trim_end_matches(']'))),
                None => (part.as_str(), None),
            };
            found = step(found, name);
            if let Some(filter) = filter {
                let (attr, wanted) = filter.split_once(" eq ").ok_or_else(|| "at 0: expected eq".to_string())?;
                let wanted: Value = serde_json::from_str(wanted).map_err(|_| "at 0: expected a literal".to_string())?;
                found = found
                    .into_iter()
                    .filter(|v| {
                        step(vec![v], attr).iter().any(|v| match (v, &wanted) {
                            (Value::String(a), Value::String(b)) => a.eq_ignore_ascii_case(b),
                            _ => **v == wanted,
                        })
                    })
                    .collect();
            }
        }
        Ok(found)
    }
    fn step<'a>(found: Vec<&'a Value>, name: &str) -> Vec<&'a Value> {
        found
            .into_iter()
            .flat_map(|v| match v {
                Value::Array(items) => items.iter().collect::<Vec<_>>(),
                v => vec![v],
            })
            .filter_map(|v| v.as_object()?.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v))
            .flat_map(|v| match v {
                Value::Array(items) => items.iter().collect::<Vec<_>>(),
                v => vec![v],
            })
            .collect()
    }
}

pub mod datetime {
    pub fn parse(text: &str) -> Option<time::OffsetDateTime> {
        time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()
    }
}
