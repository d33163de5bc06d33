//! What clients who follow changes see of a synchronisation: one change for each customer whom
//! it changes, and none for others.

use serde_json::{Value, json};

use super::world::World;
use crate::support::changes::Follower;
use crate::support::on_both;

/// The kinds of changes, and how many there are of each.
fn counted(changes: &[Value]) -> Vec<(String, usize)> {
    let mut kinds: Vec<&str> =
        changes.iter().map(|change| change["kind"].as_str().expect("a text")).collect();
    kinds.sort_unstable();
    let count = |kind: &&str| ((*kind).to_owned(), kinds.iter().filter(|of| *of == kind).count());
    let mut once = kinds.clone();
    once.dedup();
    once.iter().map(count).collect()
}

on_both! {
    fn a_pass_is_one_change_for_each_customer_whom_it_changes(database) {
        let world = World::new(database, 130);
        world.sync();
        let gateway = world.database.serve();
        let token = world.database.token("acme");
        let mut follower = Follower::new(&gateway, &token);
        assert_eq!(counted(&follower.rest()), [("CREATED".to_owned(), 130)]);
        world.sync();
        assert_eq!(follower.rest(), [] as [Value; 0], "an unchanged list changes nothing");
        let names = world.names();
        world.issuer.act(|program| {
            for name in &names[3..5] {
                program.set_email(name, &format!("new.{name}@example.com")).expect("it is there");
            }
        });
        world.sync();
        assert_eq!(counted(&follower.rest()), [("UPDATED".to_owned(), 2)]);
        // Their own pages say more. Those who are read again have not changed.
        world.sync_with(&["--details"]);
        let details = follower.rest();
        let mut customers: Vec<&Value> = details.iter().map(|change| &change["customerId"]).collect();
        customers.sort_by_key(ToString::to_string);
        customers.dedup();
        assert_eq!(customers.len(), details.len(), "one for each customer");
        assert!(details.iter().all(|change| change["kind"] != "CREATED"), "{:?}", counted(&details));
        world.sync_with(&["--details"]);
        assert_eq!(follower.rest(), [] as [Value; 0]);
    }

    fn a_customer_who_is_gone_and_comes_back_is_a_change_each_time(database) {
        let world = World::new(database, 30);
        world.sync();
        let gateway = world.database.serve();
        let token = world.database.token("acme");
        let mut follower = Follower::new(&gateway, &token);
        let created = follower.rest();
        let begin = follower.cursor.clone();
        let names = world.names();
        let gone = &names[7];
        world.issuer.act(|program| program.vanish(gone).expect("it is there"));
        assert!(world.sync().ends_with("1 gone"));
        let changes = follower.rest();
        assert_eq!(counted(&changes), [("GONE".to_owned(), 1)]);
        let id = changes[0]["customerId"].clone();
        assert_eq!(changes[0]["customer"], Value::Null);
        assert!(created.iter().any(|change| change["customerId"] == id && change["customer"].is_object()));
        // Nor is the customer shown with the changes before.
        let all = Follower::new(&gateway, &token).rest();
        let of_them: Vec<_> = all.iter().filter(|change| change["customerId"] == id).collect();
        assert_eq!(of_them.len(), 2);
        assert!(of_them.iter().all(|change| change["customer"].is_null()), "{of_them:?}");
        world.sync();
        assert_eq!(follower.rest(), [] as [Value; 0], "once");
        world.issuer.act(|program| program.reappear(gone).expect("it was dropped"));
        world.sync();
        let changes = follower.rest();
        assert_eq!((changes.len(), &changes[0]["kind"], &changes[0]["customerId"]), (1, &json!("CREATED"), &id));
        assert!(changes[0]["customer"].is_object());
        // The customer is not part of the change by which it was gone, also now.
        follower.cursor = begin;
        let changes = follower.rest();
        let kinds: Vec<_> = changes.iter().map(|change| (&change["kind"], change["customer"].is_object())).collect();
        assert_eq!(kinds, [(&json!("GONE"), false), (&json!("CREATED"), true)]);
    }
}
