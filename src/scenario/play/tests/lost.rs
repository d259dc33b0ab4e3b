//! What a write that nobody answered means for what is read later.

use serde_json::json;

use super::play_with;
use crate::wire::{Failure, FailureKind, Method, Response};

const LOST: &str = r#"
title = "t"
[[step]]
name = "rename"
send = "PATCH /Groups/1"
body = '{ "to": "new" }'
expect = [{ req = "RFC7644-3.5.2-26", status = [200, 204] }]
[[step]]
name = "another change"
send = "PATCH /Groups/1"
body = '{ "of": "something else" }'
expect = [{ req = "RFC7644-3.5.2-26", status = [200, 204] }]
[[step]]
name = "read"
send = "GET /Groups/1"
expect = [{ req = "RFC7644-3.1-8", at = "displayName", is = "new" }]
[[step]]
name = "rename again"
send = "METHOD /Groups/1"
body = '{ "to": "new" }'
expect = [{ req = "RFC7644-3.5.2-26", status = [200, 204] }]
[[step]]
name = "read again"
send = "GET /Groups/1"
expect = [{ req = "RFC7644-3.1-8", at = "displayName", is = "new" }]
"#;

/// A change that was not answered may not have been done: only the same one again, or one that leaves nothing of what was
/// there, says more.
#[test]
fn another_change_does_not_make_up_for_one_that_was_lost_and_the_same_one_does() {
    for method in ["PATCH", "PUT"] {
        let mut requests = 0;
        let played = play_with(&LOST.replace("METHOD", method), 7, &mut |request| {
            requests += 1;
            match request.method {
                _ if requests == 1 => Err(Failure { kind: FailureKind::Connect, reason: "reset".into() }),
                Method::Get => {
                    Ok(Response { body: json!({"displayName": "old"}).to_string().into_bytes(), ..Response::new(200) })
                }
                _ => Ok(Response::new(204)),
            }
        });
        let outcomes: Vec<_> =
            played.rows().iter().map(|row| row.split(' ').nth(1).unwrap_or_default().to_owned()).collect();
        assert_eq!(outcomes, ["inconclusive", "pass", "inconclusive", "pass", "fail"], "{method}: {:?}", played.rows());
    }
}
