//! The command `export`.

use std::fs;
use std::process::Stdio;

use super::{MANY, exported, program_with_many};
use crate::support::builders::lines;
use crate::support::on_both;

on_both! {
    fn the_command_writes_what_the_route_sends(database) {
        let token = database.program_with("acme", &lines(90));
        let gateway = database.serve();
        let output = database.run(&["export", "--program", "acme"], "");
        assert!(output.status.success());
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(printed, exported(&gateway, &token, ""));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "exported 90 customers of acme\n");
        let file = database.folder.path().join("all.csv");
        let name = file.display().to_string();
        let filter = ["--search", "usr_1", "--currencies", "EUR", "--statuses", "active", "--has-cards", "false",
            "--created-from", "2026-01-01T00:00:00Z", "--safe-deployed", "true", "--kyc-statuses", "approved"];
        let arguments = ["export", "--program", "acme", "--format", "csv", "--output", &name];
        assert_eq!(database.succeed(&[&arguments[..], &filter].concat(), ""), "exported 11 customers of acme");
        let query = "?search=usr_1&currencies=EUR&statuses=active&has_cards=false&created_from=2026-01-01T00:00:00Z&safe_deployed=true&kyc_statuses=approved";
        let table = gateway.get(&token, &format!("/export/card-customers.csv{query}")).text;
        assert_eq!(fs::read_to_string(&file).expect("a file"), table);
        assert_eq!(table.lines().count(), 12);
        // It can be read by an import, and changes nothing there.
        assert_eq!(database.succeed(&["import", "--program", "acme", "-"], &printed), "imported 90 customers into acme");
        let nothing = database.run(&["export", "--program", "acme", "--search", "nobody"], "");
        assert_eq!((nothing.status.code(), nothing.stdout.len()), (Some(0), 0));
    }

    fn an_export_that_fails_leaves_no_file(database) {
        database.program_with("acme", &lines(1));
        for (arguments, status, said) in [
            (&["--program", "nobody"][..], 1, "there is no program nobody"),
            (&["--program", "acme", "--statuses", "asleep"], 2, "statuses must be one of otp_requested"),
            (&["--program", "acme", "--format", "xml"], 2, "ndjson, csv"),
            (&["--program", "acme", "--created-from", "today"], 2, "created_from must be an RFC 3339 time"),
        ] {
            let name = database.folder.path().join("out.ndjson").display().to_string();
            let output = database.run(&[&["export", "--output", &name], arguments].concat(), "");
            assert_eq!(output.status.code(), Some(status), "{arguments:?}");
            assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{output:?}");
            let left = fs::read_dir(database.folder.path()).expect("a folder").filter(|entry| {
                entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("out"))
            });
            assert_eq!(left.count(), 0);
        }
        let output = database.run(&["export", "--program", "acme", "--output", "nowhere/out.ndjson"], "");
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("nowhere/out.ndjson.part cannot be written to"));
    }

    fn a_reader_of_the_command_may_leave(database) {
        program_with_many(&database);
        let mut export = database.program(&["export", "--program", "acme"])
            .stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        drop(export.stdout.take());
        let output = export.wait_with_output().expect("it ends");
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
        let whole = database.succeed(&["export", "--program", "acme"], "");
        assert_eq!(whole.lines().count(), MANY);
    }
}
