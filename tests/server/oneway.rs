//! WHIP and WHEP as requests and answers; what they carry is tested with stacks that speak them.

use crate::process::Server;

const OFFER: &str = include_str!("../../sfu/src/sdp/fixtures/vp8-simulcast.sdp");

/// An answer, taken apart.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

fn ask(server: &Server, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let head = format!("{headers}Content-Length: {}\r\n", body.len());
    let answer = Server::http_with_body(server.page, method, path, &head, body);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.unwrap_or_else(|| panic!("{method} {path}: {answer:?}"));
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

const SDP: &str = "Content-Type: application/sdp\r\n";
const FRAGMENT: &str = "Content-Type: application/trickle-ice-sdpfrag\r\n";

fn fragment(ufrag: &str) -> String {
    format!("a=ice-ufrag:{ufrag}\r\na=ice-pwd:a-password-of-22-bytes\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n")
}

#[test]
fn a_session_is_opened_restarted_and_ended() {
    let server = Server::start(&[]);
    let opened = ask(&server, "POST", "/whip/den?name=Ann", SDP, OFFER);
    assert_eq!((opened.status, opened.header("content-type")), (201, Some("application/sdp")));
    assert!(opened.body.starts_with("v=0\r\n") && opened.body.contains("a=recvonly"), "{}", opened.body);
    let session = opened.header("location").expect("where it is").to_owned();
    assert!(session.starts_with("/whip/den/") && session.len() > 40, "{session}");
    let tag = opened.header("etag").expect("of the ICE session").to_owned();
    assert_eq!(server.metric("participants"), 1);

    let trickled = |tag: &str| {
        let headers = format!("{FRAGMENT}If-Match: {tag}\r\n");
        ask(&server, "PATCH", &session, &headers, &fragment("same"))
    };
    assert_eq!(trickled(&tag).status, 204, "nothing is to be done with candidates");
    assert_eq!(trickled("\"another\"").status, 412);
    assert_eq!(ask(&server, "PATCH", &session, FRAGMENT, &fragment("same")).status, 428);
    let restarted = trickled("*");
    assert_eq!(restarted.status, 200);
    let anew = restarted.header("etag").expect("another");
    assert_ne!(anew, tag);
    assert!(restarted.body.contains(&format!("a=ice-ufrag:{}\r\n", anew.trim_matches('"'))));
    assert_eq!((trickled(&tag).status, trickled(anew).status), (412, 204));

    assert_eq!(ask(&server, "GET", &session, "", "").status, 405);
    assert_eq!(ask(&server, "DELETE", &session, "", "").status, 200);
    assert_eq!(server.metric("participants"), 0);
    assert_eq!(ask(&server, "DELETE", &session, "", "").status, 404);
}

#[test]
fn a_viewer_comes_and_goes_with_those_whom_it_watches() {
    let server = Server::start(&[]);
    let watched = OFFER.replace("a=sendonly", "a=recvonly");
    let early = ask(&server, "POST", "/whep/den", SDP, &watched);
    assert_eq!((early.status, early.header("retry-after")), (409, Some("10")));
    let ann = ask(&server, "POST", "/whip/den?name=Ann", SDP, OFFER);
    let ann = ann.header("location").expect("a session");
    assert_eq!(ask(&server, "POST", "/whep/den?publisher=Bob", SDP, &watched).status, 409);
    let viewing = ask(&server, "POST", "/whep/den?publisher=Ann", SDP, &watched);
    assert_eq!(viewing.status, 201);
    assert_eq!(viewing.body.matches("a=sendonly").count(), 2, "{}", viewing.body);
    let session = viewing.header("location").expect("a session");
    assert!(session.starts_with("/whep/den/"), "{session}");
    assert_eq!(server.metric("participants"), 2);
    assert_eq!(ask(&server, "DELETE", ann, "", "").status, 200);
    let gone = || (server.metric("participants") == 0).then_some(());
    (0..100).find_map(|_| gone().or_else(pause)).expect("with the last publisher its viewers go");
    assert_eq!(ask(&server, "DELETE", session, "", "").status, 404);
}

/// A tenth of a second, and nothing else.
fn pause() -> Option<()> {
    std::thread::sleep(std::time::Duration::from_millis(100));
    None
}

#[test]
fn whatever_is_wrong_has_its_status() {
    let server = Server::start(&[("PLENUM_SFU_LIMITS_PARTICIPANTS_PER_ROOM", "1")]);
    assert_eq!(ask(&server, "POST", "/whip/full", SDP, OFFER).status, 201);
    let long = "x".repeat(70_000);
    let rows = [
        ("POST", "/whip/den", "", OFFER, 415),
        ("POST", "/whip/den", "Content-Type: application/json\r\n", OFFER, 415),
        ("POST", "/whip/den", "Content-Type: APPLICATION/SDP; charset=utf-8\r\n", "v=0\r\n", 422),
        ("POST", "/whip/den", SDP, "nonsense", 422),
        ("POST", "/whip/den", SDP, &long, 413),
        ("POST", "/whip/full", SDP, OFFER, 503),
        ("GET", "/whip/den", "", "", 405),
        ("PUT", "/whep/den", SDP, OFFER, 405),
        ("PATCH", "/whip/full/guess", "Content-Type: application/sdp\r\n", OFFER, 415),
        ("PATCH", "/whip/full/guess", &format!("{FRAGMENT}If-Match: *\r\n"), "a=mid:0\r\n", 422),
        ("PATCH", "/whip/full/guess", &format!("{FRAGMENT}If-Match: *\r\n"), &fragment("some"), 404),
        ("DELETE", "/whip/full/guess", "", "", 404),
        ("POST", "/whip/den", &format!("{SDP}Origin: https://evil.example\r\n"), OFFER, 403),
        ("OPTIONS", "/whip/den", "Origin: https://evil.example\r\n", "", 403),
    ];
    for (method, path, headers, body, status) in rows {
        let answer = ask(&server, method, path, headers, body);
        assert_eq!(answer.status, status, "{method} {path} {headers}: {}", answer.body);
    }
    let asked = ask(&server, "OPTIONS", "/whip/den", "", "");
    assert_eq!((asked.status, asked.header("accept-post")), (204, Some("application/sdp")));
    assert_eq!(server.metric("participants"), 1, "nothing is left of those who were refused");
}

#[test]
fn one_address_opens_so_many_sessions_and_no_more() {
    let server = Server::start(&[("PLENUM_SFU_LIMITS_CONNECTIONS_PER_ADDRESS", "6")]);
    let statuses: Vec<u16> =
        (0..8).map(|n| ask(&server, "POST", &format!("/whip/room{n}"), SDP, OFFER).status).collect();
    // Each session counts beside the connection that asks for it.
    assert_eq!(statuses, [201, 201, 201, 201, 201, 429, 429, 429]);
    assert_eq!(server.metric("participants"), 5);
}
