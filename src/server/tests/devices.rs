//! The resource type of our own: every data type and characteristic of `RFC7643 §2.3` and `§7`, and its required extension.

use super::*;

const DEVICES: &str = "[capabilities]\ncustom = true";

const STEPS: &[Step] = &[
    step("GET /Devices", "", 200, &[("totalResults", "0")]),
    step(
        "POST /Devices",
        r#"{"assetTag":"A-1"}"#,
        400,
        &[("scimType", "\"invalidValue\""), ("detail", "~warranty:1.0:Device: required")],
    ),
    step(
        "POST /Devices",
        r#"{"assetTag":"A-1","urn:example:scimproof:schemas:extension:warranty:1.0:Device":{"supplier":"maker"}}"#,
        400,
        &[("scimType", "\"invalidValue\""), ("detail", "~warrantyEnds: required")],
    ),
    step(
        "POST /Devices",
        r#"{"urn:example:scimproof:schemas:extension:warranty:1.0:Device":{"warrantyEnds":"2030-01-01T00:00:00Z"}}"#,
        400,
        &[("scimType", "\"invalidValue\"")],
    ),
    Step {
        send: "POST /Devices",
        body: r#"{"assetTag":"A-1","displayName":"Lathe","serialNumber":"Sn1","hostName":"lathe.example.test","ports":2,
            "weight":12.5,"inService":true,"purchased":"2024-02-29T10:00:00+02:00","certificate":"q83v","deviceNumber":77,
            "manual":"https://docs.example.test/lathe","pin":"1234","notes":"oil it","labels":["Big","big"],
            "place":{"building":"Mill","floor":-1},"interfaces":[{"value":"aa:bb","type":"wired","primary":true,"speed":2.5}],
            "urn:example:scimproof:schemas:extension:warranty:1.0:Device":
              {"warrantyEnds":"2030-01-01T00:00:00Z","contract":"C1","price":99.5}}"#,
        status: 201,
        want: &[
            ("schemas", "#2"),
            ("assetTag", "\"A-1\""),
            ("ports", "2"),
            ("weight", "12.5"),
            ("purchased", "\"2024-02-29T10:00:00+02:00\""),
            ("certificate", "\"q83v\""),
            ("labels", "#2"),
            ("place.floor", "-1"),
            ("interfaces.speed", "2.5"),
            ("pin", "-"),
            ("notes", "\"oil it\""),
            ("urn:example:scimproof:schemas:extension:warranty:1.0:Device:contract", "\"C1\""),
            ("urn:example:scimproof:schemas:extension:warranty:1.0:Device:price", "99.5"),
            ("meta.resourceType", "\"Device\""),
            ("meta.location", "~http://scim.test/scim/v2/Devices/"),
        ],
        save: &[("d", "id")],
    },
    step(
        "GET /Devices/{d}",
        "",
        200,
        &[
            ("notes", "-"),
            ("pin", "-"),
            ("urn:example:scimproof:schemas:extension:warranty:1.0:Device:contract", "-"),
            ("urn:example:scimproof:schemas:extension:warranty:1.0:Device:warrantyEnds", "\"2030-01-01T00:00:00Z\""),
            ("serialNumber", "\"Sn1\""),
        ],
    ),
    step(
        "GET /Devices/{d}?attributes=notes,pin",
        "",
        200,
        &[("notes", "\"oil it\""), ("pin", "-"), ("serialNumber", "\"Sn1\""), ("ports", "-")],
    ),
    step(
        "GET /Devices/{d}?excludedAttributes=serialNumber,ports",
        "",
        200,
        &[("serialNumber", "\"Sn1\""), ("ports", "-")],
    ),
    // Uniqueness, each with its own rule of case.
    step(
        "POST /Devices",
        r#"{"assetTag":"A-1","urn:example:scimproof:schemas:extension:warranty:1.0:Device":{"warrantyEnds":"2030-01-01T00:00:00Z"}}"#,
        409,
        &[("scimType", "\"uniqueness\"")],
    ),
    step(
        "POST /Devices",
        r#"{"assetTag":"A-2","serialNumber":"Sn1","urn:example:scimproof:schemas:extension:warranty:1.0:Device":{"warrantyEnds":"2030-01-01T00:00:00Z"}}"#,
        409,
        &[("scimType", "\"uniqueness\"")],
    ),
    step(
        "POST /Devices",
        r#"{"assetTag":"A-2","hostName":"LATHE.example.test","urn:example:scimproof:schemas:extension:warranty:1.0:Device":{"warrantyEnds":"2030-01-01T00:00:00Z"}}"#,
        409,
        &[("scimType", "\"uniqueness\"")],
    ),
    keep(
        "POST /Devices",
        r#"{"assetTag":"a-1","serialNumber":"sn1","urn:example:scimproof:schemas:extension:warranty:1.0:Device":{"warrantyEnds":"2031-01-01T00:00:00Z","supplier":"dealer"}}"#,
        201,
        &[("e", "id")],
    ),
    // Filters by the rules of each type.
    step("GET /Devices?filter=assetTag eq \"A-1\"", "", 200, &[("totalResults", "1"), ("Resources.id", "\"{d}\"")]),
    step("GET /Devices?filter=hostName eq \"LATHE.EXAMPLE.TEST\"", "", 200, &[("totalResults", "1")]),
    step("GET /Devices?filter=ports ge 2", "", 200, &[("totalResults", "1")]),
    step("GET /Devices?filter=weight lt 12.6", "", 200, &[("totalResults", "1")]),
    step("GET /Devices?filter=purchased eq \"2024-02-29T08:00:00Z\"", "", 200, &[("totalResults", "1")]),
    step("GET /Devices?filter=certificate eq \"q83v\"", "", 200, &[("totalResults", "1")]),
    step("GET /Devices?filter=certificate gt \"q83v\"", "", 400, &[("scimType", "\"invalidFilter\"")]),
    step("GET /Devices?filter=pin eq \"1234\"", "", 400, &[("scimType", "\"invalidFilter\"")]),
    step("GET /Devices?filter=interfaces[type eq \"wired\" and speed gt 2]", "", 200, &[("totalResults", "1")]),
    step("GET /Devices?filter=labels eq \"Big\"", "", 200, &[("totalResults", "1")]),
    step("GET /Devices?filter=labels eq \"BIG\"", "", 200, &[("totalResults", "0")]),
    step(
        "GET /Devices?filter=urn:example:scimproof:schemas:extension:warranty:1.0:Device:supplier eq \"DEALER\"",
        "",
        200,
        &[("totalResults", "1"), ("Resources.id", "\"{e}\"")],
    ),
    step("GET /Devices?filter=supplier eq \"dealer\"", "", 200, &[("totalResults", "1")]),
    step("GET /Devices?sortBy=assetTag&count=1", "", 200, &[("totalResults", "2"), ("Resources.id", "\"{d}\"")]),
    step("GET /Devices?startIndex=2&count=1", "", 200, &[("Resources.id", "\"{e}\""), ("itemsPerPage", "1")]),
    step("GET /?filter=id eq \"{d}\"", "", 200, &[("totalResults", "1"), ("Resources.assetTag", "\"A-1\"")]),
    step(
        "POST /.search",
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"assetTag pr","attributes":["notes"]}"#,
        200,
        &[("totalResults", "2"), ("Resources.notes", "#1"), ("Resources.assetTag", "-")],
    ),
    // PUT: immutable stays or must match, read-only is ignored, what is never returned stays.
    step(
        "PUT /Devices/{d}",
        r#"{"assetTag":"A-9","serialNumber":"other","urn:example:scimproof:schemas:extension:warranty:1.0:Device":{"warrantyEnds":"2030-01-01T00:00:00Z"}}"#,
        400,
        &[("scimType", "\"mutability\"")],
    ),
    step("PUT /Devices/{d}", r#"{"assetTag":"A-9"}"#, 400, &[("scimType", "\"invalidValue\"")]),
    step(
        "PUT /Devices/{d}",
        r#"{"assetTag":"A-9","deviceNumber":5,"urn:example:scimproof:schemas:extension:warranty:1.0:Device":{"warrantyEnds":"2032-01-01T00:00:00Z"}}"#,
        200,
        &[("serialNumber", "\"Sn1\""), ("ports", "-"), ("notes", "-"), ("assetTag", "\"A-9\"")],
    ),
    // PATCH.
    step(
        "PATCH /Devices/{d}",
        r#"{"Operations":[{"op":"replace","path":"serialNumber","value":"other"}]}"#,
        400,
        &[("scimType", "\"mutability\"")],
    ),
    step(
        "PATCH /Devices/{d}",
        r#"{"Operations":[{"op":"replace","path":"deviceNumber","value":9}]}"#,
        400,
        &[("scimType", "\"mutability\"")],
    ),
    step(
        "PATCH /Devices/{d}",
        r#"{"Operations":[{"op":"add","path":"ports","value":1.5}]}"#,
        400,
        &[("scimType", "\"invalidValue\"")],
    ),
    step(
        "PATCH /Devices/{d}",
        r#"{"Operations":[{"op":"remove","path":"urn:example:scimproof:schemas:extension:warranty:1.0:Device"}]}"#,
        400,
        &[],
    ),
    step(
        "PATCH /Devices/{d}",
        r#"{"Operations":[{"op":"add","path":"notes","value":"paint it"},{"op":"add","path":"interfaces","value":[{"value":"cc","type":"wireless"}]},
            {"op":"replace","path":"urn:example:scimproof:schemas:extension:warranty:1.0:Device:price","value":7}]}"#,
        200,
        &[
            ("notes", "\"paint it\""),
            ("interfaces.value", "\"cc\""),
            ("urn:example:scimproof:schemas:extension:warranty:1.0:Device:price", "7"),
        ],
    ),
    step("PATCH /Devices/{e}", r#"{"Operations":[{"op":"add","path":"hostName","value":"h2"}]}"#, 200, &[]),
    step("PATCH /Devices/{d}", r#"{"Operations":[{"op":"add","path":"hostName","value":"H2"}]}"#, 409, &[]),
    // A device is nobody's member.
    step(
        "POST /Groups",
        r#"{"displayName":"g","members":[{"value":"{d}"}]}"#,
        400,
        &[("scimType", "\"invalidValue\"")],
    ),
    step("GET /Users/{d}", "", 404, &[]),
    step("DELETE /Devices/{d}", "", 204, &[]),
    step("GET /Devices/{d}", "", 404, &[]),
    step(
        "POST /Bulk",
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
            {"method":"POST","path":"/Devices","bulkId":"x","data":{"assetTag":"A-1","serialNumber":"Sn1",
             "urn:example:scimproof:schemas:extension:warranty:1.0:Device":{"warrantyEnds":"2030-01-01T00:00:00Z"}}},
            {"method":"PATCH","path":"/Devices/bulkId:x","data":{"Operations":[{"op":"add","path":"ports","value":8}]}}]}"#,
        200,
        &[("Operations.status", "#2"), ("Operations[status eq \"201\"].location", "~/Devices/")],
    ),
    step("GET /Devices?filter=ports eq 8", "", 200, &[("totalResults", "1")]),
];

#[test]
fn devices_have_every_type_and_characteristic() {
    World::of(DEVICES).run(STEPS);
}

#[test]
fn devices_are_the_same_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(&folder.path().join("scim.db")).unwrap());
    let server = Server::new(rfc_with(DEVICES), store, Auth::anonymous());
    World { server, names: HashMap::new(), _folder: Some(folder) }.run(STEPS);
}

#[test]
fn wrong_values_of_every_type_are_refused() {
    let world = World::of(DEVICES);
    for (name, value) in [
        ("assetTag", "5"),
        ("displayName", "true"),
        ("ports", "\"2\""),
        ("ports", "2.5"),
        ("weight", "\"2\""),
        ("inService", "\"maybe\""),
        ("purchased", "\"2024-02-30\""),
        ("purchased", "\"2024-02-28\""),
        ("certificate", "\"not base64!\""),
        ("manual", "7"),
        ("labels", "\"one\""),
        ("labels", "[1]"),
        ("place", "\"here\""),
        ("place", "{\"floor\":\"one\"}"),
        ("interfaces", "[{\"speed\":\"fast\"}]"),
    ] {
        let tag = if name == "assetTag" { "" } else { "\"assetTag\":\"t\"," };
        let body = format!(
            "{{{tag}\"{name}\":{value},\"urn:example:scimproof:schemas:extension:warranty:1.0:Device\":\
             {{\"warrantyEnds\":\"2030-01-01T00:00:00Z\"}}}}"
        );
        let answer = world.send("POST /Devices", &body);
        let said = answer.json().unwrap();
        assert_eq!((answer.status, &said["scimType"]), (400, &Value::from("invalidValue")), "{body}\n{said}");
    }
}

#[test]
fn the_type_is_published_where_it_is_served() {
    World::of(DEVICES).run(&[
        step(
            "GET /ResourceTypes/Device",
            "",
            200,
            &[
                ("endpoint", "\"/Devices\""),
                ("schema", "\"urn:example:scimproof:schemas:core:1.0:Device\""),
                ("schemaExtensions.required", "true"),
            ],
        ),
        step("GET /ResourceTypes", "", 200, &[("totalResults", "3")]),
        step("GET /Schemas", "", 200, &[("totalResults", "8")]),
        step(
            "GET /Schemas/urn:example:scimproof:schemas:core:1.0:Device",
            "",
            200,
            &[
                ("attributes[name eq \"pin\"].returned", "\"never\""),
                ("attributes[name eq \"serialNumber\"].mutability", "\"immutable\""),
                ("attributes[name eq \"manual\"].referenceTypes", "\"external\""),
            ],
        ),
    ]);
    World::open().run(&[
        step("GET /Devices", "", 404, &[]),
        step("POST /Devices/.search", "{}", 404, &[]),
        step("GET /ResourceTypes/Device", "", 404, &[]),
        step("GET /Schemas/urn:example:scimproof:schemas:core:1.0:Device", "", 404, &[]),
    ]);
}
