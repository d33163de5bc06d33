//! Whose requests they are: clients behind proxies, and strangers with invented tokens.

use card_gateway::services::secret_text::SecretKind;

use crate::support::{Answer, Database, Gateway, on_both};

const LIST: &str = "/v1/card-issuer/customers";
const TRUSTED: (&str, &str) = ("CARD_GATEWAY__SERVER__TRUSTED_PROXIES", "127.0.0.0/8,::1");
/// Three requests, and then one in a while.
const FEW: [(&str, &str); 2] =
    [("CARD_GATEWAY__LIMITS__RATE_BURST", "3"), ("CARD_GATEWAY__LIMITS__RATE_PER_SECOND", "1")];

/// A request with a header of a proxy.
fn ask(gateway: &Gateway, token: &str, header: (&str, &str)) -> Answer {
    let request = gateway.client().get(format!("{}{LIST}", gateway.host)).bearer_auth(token);
    gateway.send(request.header(header.0, header.1))
}

fn statuses(gateway: &Gateway, header: (&str, &str)) -> Vec<u16> {
    (0..4).map(|_| ask(gateway, "nobody", header).status).collect()
}

on_both! {
    fn each_client_behind_a_trusted_proxy_has_its_own_limit(database) {
        let gateway = database.serve_with(&[TRUSTED, FEW[0], FEW[1]]);
        for client in ["198.51.100.1", "198.51.100.2", "2001:db9::7"] {
            let header = ("x-forwarded-for", client);
            assert_eq!(statuses(&gateway, header), [401, 401, 401, 429], "{client}");
            // What the client has put in front of the proxy's word changes nothing.
            let invented = format!("203.0.113.7, {client}");
            assert_eq!(ask(&gateway, "nobody", ("x-forwarded-for", &invented)).status, 429);
        }
        // The other header is the client's own.
        assert_eq!(statuses(&gateway, ("forwarded", "for=198.51.100.9")), [401, 401, 401, 429]);
        assert_eq!(ask(&gateway, "nobody", ("forwarded", "for=198.51.100.8")).status, 429);
    }

    fn the_standard_header_is_read_by_setting(database) {
        let forwarded = ("CARD_GATEWAY__SERVER__FORWARDED_HEADER", "forwarded");
        let gateway = database.serve_with(&[TRUSTED, forwarded, FEW[0], FEW[1]]);
        for client in ["for=198.51.100.1", "for=\"[2001:db9::7]:4711\";proto=https"] {
            assert_eq!(statuses(&gateway, ("forwarded", client)), [401, 401, 401, 429], "{client}");
        }
    }

    fn nobody_else_is_believed(database) {
        for trusted in ["", "192.0.2.0/24"] {
            let trusted = ("CARD_GATEWAY__SERVER__TRUSTED_PROXIES", trusted);
            let gateway = database.serve_with(&[trusted, FEW[0], FEW[1]]);
            assert_eq!(statuses(&gateway, ("x-forwarded-for", "198.51.100.1")), [401, 401, 401, 429]);
            assert_eq!(ask(&gateway, "nobody", ("x-forwarded-for", "198.51.100.2")).status, 429);
        }
    }

    fn invented_tokens_are_limited_by_address_before_they_are_looked_up(database) {
        const INVENTED: usize = 200;
        let known = database.program_with("acme", &[]);
        let fresh = database.token("acme");
        let gateway = database.serve_with(&[TRUSTED]);
        let (stranger, other) = (("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "198.51.100.2"));
        assert_eq!(ask(&gateway, &known, stranger).status, 200);
        look_ups(&database, &gateway);
        let answers: Vec<Answer> = (0..INVENTED).map(|_| ask(&gateway, &SecretKind::Token.generate(), stranger)).collect();
        let looked_up = look_ups(&database, &gateway);
        let refused = answers.iter().filter(|answer| answer.status == 429).count();
        assert!(looked_up + refused == INVENTED && refused > 0, "{looked_up}");
        assert_eq!(answers.iter().filter(|answer| answer.status == 401).count() + refused, INVENTED);
        let one = answers.iter().find(|answer| answer.status == 429).expect("some are refused");
        assert_eq!((one.header("retry-after"), one.header("x-ratelimit-remaining")), ("1", "0"));
        // Who is known goes on from the same address, and others from theirs.
        assert_eq!(ask(&gateway, &known, stranger).status, 200);
        assert_eq!(ask(&gateway, &fresh, other).status, 200);
        assert_eq!(ask(&gateway, &fresh, stranger).status, 200, "it is known by now");
    }
}

/// How many tokens were looked up since the last time.
fn look_ups(database: &Database, gateway: &Gateway) -> usize {
    let all = match &database.wire {
        Some(wire) => wire.take(),
        None => gateway.sqlite_statements(),
    };
    all.iter().filter(|sql| sql.contains("api_tokens")).count()
}
