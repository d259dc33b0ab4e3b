//! What usually mends a cause: a sentence for each kind of mark.

/// How a mark begins, and the sentence; the first row that fits is taken.
const FIXES: &[(&str, &str)] = &[
    (
        "a boolean sent as a text",
        "Entra ID sends \"True\" and \"False\": take them as booleans in any case, and store and show booleans.",
    ),
    ("a value null", "null and [] mean that an attribute has no value: take it away, and show nothing in its place."),
    ("an empty list", "null and [] mean that an attribute has no value: take it away, and show nothing in its place."),
    ("PATCH in mixed case", "Entra ID writes Add, Replace and Remove: read the op without regard to case."),
    ("every answer", "It is wrong wherever it was looked at: mend it once, where answers are written."),
    (
        "a filter that is none",
        "Refuse a filter that cannot be read with 400 and scimType invalidFilter; never answer as if it were not there.",
    ),
    (
        "filter",
        "Evaluate the filter before paging and answer only what matches; refuse with 400 invalidFilter what is not supported.",
    ),
    (
        "`filter`",
        "Evaluate the filter before paging and answer only what matches; refuse with 400 invalidFilter what is not supported.",
    ),
    (
        "`sortBy`",
        "Sort the whole result before it is cut into pages, by sortBy and sortOrder; or announce sort as not supported.",
    ),
    (
        "`attributes`",
        "Leave out what was not asked for, after everything else is done; id and what is returned always stay.",
    ),
    (
        "`excludedAttributes`",
        "Leave out what was excluded, after everything else is done; id and what is returned always stay.",
    ),
    ("`startIndex`", "Pages begin at startIndex, from 1, in an order that does not change between requests."),
    ("`count`", "A page has at most count resources; totalResults says how many there are in all."),
    ("`cursor`", "A cursor names one place in one order, and nothing is twice or missing between its pages."),
    (
        "If-",
        "Compare If-Match and If-None-Match with the version as it is at the moment of the write, and refuse with 412.",
    ),
    (
        "PATCH `remove`",
        "Take away what the path selects and nothing else; with nothing selected follow RFC 7644 section 3.5.2.2.",
    ),
    ("PATCH `add`", "Add to what is there; an element that is there already changes nothing."),
    (
        "PATCH `replace`",
        "Replace what the path selects and leave all else as it was; without a path, each attribute of the value by itself.",
    ),
    ("PATCH of", "Resolve the path by the schema, its name in any case, and change that place only."),
    (
        "PATCH with a value path",
        "Resolve `attribute[filter]` by evaluating the filter on each element, and change only those that match.",
    ),
    ("PATCH", "Apply all operations in their order or none of them, store the result, and answer 200 with it or 204."),
    (
        "answers 5",
        "A server error is never the client's answer: find the panic or the missing case in the server's log, and answer with the SCIM error that fits.",
    ),
    ("answers that must be 401", "Check the credentials before anything else, on every endpoint and method."),
    ("answers that must be 404", "Answer 404 for what is not there or was deleted, also to PUT, PATCH and DELETE."),
    (
        "answers that must be 409",
        "Look for another holder of a unique value before each write, without regard to case where the schema says so, and answer 409 uniqueness.",
    ),
    (
        "answers that must be 412",
        "Compare If-Match and If-None-Match with the version as it is at the moment of the write, and refuse with 412.",
    ),
    (
        "answers that must be 400",
        "Check what is sent before it is stored, and refuse it with 400 and the scimType of table 9.",
    ),
    (
        "a conflict where there is none",
        "Only another holder of a value that the schema calls unique is a conflict; what was refused or deleted holds nothing.",
    ),
    ("answers that must be", "Answer with the status that the standard gives for this case."),
    ("POST /Bulk", "Carry out each operation as if it had come alone, resolve bulkId, and stop at failOnErrors."),
    (
        "POST",
        "Store every attribute of the body that the schema has, and answer 201 with Location and the resource, or with the error.",
    ),
    ("PUT", "Replace the resource by the body, keep what is readOnly, and answer 200 with what is stored."),
    (
        "DELETE",
        "Answer 204, then know the resource no more: not by id, in lists, as a member or as a holder of a name.",
    ),
    ("attribute", "Keep the value as it was sent, show it wherever the resource is shown, and never change its type."),
    ("header", "Send the header as the standard describes it."),
    ("GET", "Answer with the resource as it is stored; a list with schemas, totalResults and Resources."),
];

/// The sentence for what has no row.
const OTHERWISE: &str = "Compare what was sent and what came, by the curl line, with the sentence of the requirement.";

/// What usually mends a cause of that mark.
pub fn of(mark: &str) -> &'static str {
    // `POST that must be answered 409` speaks of the status, whatever the method.
    let status = mark.split_once(" that must be answered ").map(|(_, status)| format!("answers that must be {status}"));
    let mark = status.as_deref().unwrap_or(mark);
    FIXES.iter().find(|(start, _)| mark.starts_with(start)).map_or(OTHERWISE, |(_, fix)| fix)
}
