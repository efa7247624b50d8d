//! Limiters on a real server that fails in every way a server does, under load: nobody gets an error, nobody waits
//! for the failure, and no more is granted than is promised.

use std::thread;
use std::time::{Duration, Instant};

use resil_core::pure::store_gate::{Fault, Mode};
use resil_redis::{Source, Store, TokenBucket};
use resil_tests::redis_server::{RedisServer, free_port};
use resil_tests::store_load::{PATIENCE, options, patient, quota, store, under_load, wait_for};

/// How long a failure lasts, where it does nothing by itself.
const FAILURE: Duration = Duration::from_millis(1_500);

/// A bucket under load while `fail` breaks the server and `mend` mends it.
fn broken_and_mended(
    server: &mut RedisServer,
    fresh_stores: u32,
    fault: Fault,
    fail: impl FnOnce(&mut RedisServer),
    mend: impl FnOnce(&mut RedisServer),
) {
    let store = store(server);
    let bucket = TokenBucket::new(&store, "faults", quota()).unwrap();
    let run = under_load(&bucket, || {
        thread::sleep(Duration::from_millis(200));
        fail(server);
        wait_for(&store, Mode::Down);
        thread::sleep(FAILURE);
        // Tries go on, and find nothing else.
        let begin = Instant::now();
        while store.snapshot().last_fault != fault {
            assert!(begin.elapsed() < PATIENCE, "never {fault:?}: {store:?}");
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(store.snapshot().mode, Mode::Down, "it must not come back by itself");
        mend(server);
        wait_for(&store, Mode::Up);
        thread::sleep(Duration::from_millis(300));
    });
    run.assert_bounds(fresh_stores);
    assert!(run.asked("rescue") > 0 && run.asked("store") > 0, "{run:?}");
    assert!(run.granted("rescue") > 0.0 && run.granted("store") > 0.0, "{run:?}");
    assert!(store.snapshot().outages >= 1, "{store:?}");
}

#[test]
fn a_server_that_is_killed_and_comes_back_empty() {
    let Some(mut server) = RedisServer::start("kill -9, restart without data") else { return };
    let (fail, mend) = (RedisServer::kill, RedisServer::restart);
    broken_and_mended(&mut server, 2, Fault::Disconnected, fail, mend);
}

#[test]
fn a_server_that_is_killed_and_comes_back_with_its_data() {
    let options = ["--appendonly", "yes", "--appendfsync", "always"];
    let Some(mut server) = RedisServer::start_with("kill -9, restart with data", &options) else {
        return;
    };
    // One store: what was taken before is remembered, so its first burst is its only one.
    let (fail, mend) = (RedisServer::kill, RedisServer::restart);
    broken_and_mended(&mut server, 1, Fault::Disconnected, fail, mend);
}

#[test]
fn a_server_that_hangs_and_goes_on() {
    let Some(mut server) = RedisServer::start("SIGSTOP and SIGCONT") else { return };
    broken_and_mended(&mut server, 1, Fault::Disconnected, |it| it.stop(), |it| it.go_on());
}

#[test]
fn a_server_that_pauses_all_clients() {
    let Some(mut server) = RedisServer::start("CLIENT PAUSE") else { return };
    // Of all commands: also of the one that would end it, so it ends by itself.
    let pause_all = |it: &mut RedisServer| drop(it.command(&["CLIENT", "PAUSE", "4000", "ALL"]));
    broken_and_mended(&mut server, 1, Fault::Timeout, pause_all, |_| {});
    let unpause = |it: &mut RedisServer| drop(it.command(&["CLIENT", "UNPAUSE"]));
    // It answers PING meanwhile: that is no health.
    broken_and_mended(
        &mut server,
        1,
        Fault::Timeout,
        |it| {
            it.command(&["CLIENT", "PAUSE", "60000", "WRITE"]);
            assert_eq!(it.command(&["PING"]), "PONG");
        },
        unpause,
    );
}

#[test]
fn a_server_that_is_out_of_memory_or_read_only_and_answers_ping() {
    let Some(mut server) = RedisServer::start("maxmemory, read-only replica") else { return };
    broken_and_mended(
        &mut server,
        1,
        Fault::Unable,
        |it| {
            it.command(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
            it.command(&["CONFIG", "SET", "maxmemory", "1"]);
            assert_eq!(it.command(&["PING"]), "PONG");
        },
        |it| drop(it.command(&["CONFIG", "SET", "maxmemory", "0"])),
    );
    let nobody = free_port().to_string();
    broken_and_mended(
        &mut server,
        1,
        Fault::Unable,
        |it| {
            it.command(&["REPLICAOF", "127.0.0.1", &nobody]);
            assert_eq!(it.command(&["PING"]), "PONG");
        },
        |it| drop(it.command(&["REPLICAOF", "NO", "ONE"])),
    );
}

#[test]
fn a_server_that_wants_a_password_all_of_a_sudden() {
    let Some(server) = RedisServer::start("a changed password") else { return };
    let store = store(&server);
    let bucket = TokenBucket::new(&store, "faults", quota()).unwrap();
    let run = under_load(&bucket, || {
        server.command(&["ACL", "SETUSER", "default", "-@scripting"]);
        wait_for(&store, Mode::Down);
        thread::sleep(Duration::from_millis(300));
    });
    run.assert_bounds(1);
    assert_eq!(store.snapshot().last_fault, Fault::Refused);
}

#[test]
fn scripts_that_are_flushed_under_load_are_not_noticed() {
    let Some(server) = RedisServer::start("SCRIPT FLUSH under load") else { return };
    let store = patient(&server);
    let bucket = TokenBucket::new(&store, "faults", quota()).unwrap();
    let run = under_load(&bucket, || {
        for _ in 0..300 {
            server.command(&["SCRIPT", "FLUSH"]);
            thread::sleep(Duration::from_millis(2));
        }
    });
    run.assert_bounds(1);
    assert_eq!(store.snapshot().outages, 0, "{run:?}");
    assert!(run.asked("store") > 100, "{run:?}");
}

#[test]
fn connections_that_are_cut_are_made_anew() {
    let Some(server) = RedisServer::start("CLIENT KILL under load") else { return };
    let store = store(&server);
    let bucket = TokenBucket::new(&store, "faults", quota()).unwrap();
    let run = under_load(&bucket, || {
        for _ in 0..10 {
            wait_for(&store, Mode::Up);
            server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
            thread::sleep(Duration::from_millis(50));
        }
        wait_for(&store, Mode::Up);
    });
    run.assert_bounds(1);
    assert!(store.snapshot().outages >= 5, "{store:?}");
}

#[test]
fn a_server_that_was_never_there_and_then_appears() {
    let Some(mut server) = RedisServer::start("a server that appears later") else { return };
    server.kill();
    let store = Store::open_with(&server.url(), options()).unwrap();
    let bucket = TokenBucket::new(&store, "faults", quota()).unwrap();
    assert_eq!(bucket.try_acquire("subject", 1).source, Source::Rescue);
    let run = under_load(&bucket, || {
        thread::sleep(Duration::from_millis(300));
        server.restart();
        wait_for(&store, Mode::Up);
        thread::sleep(Duration::from_millis(200));
    });
    run.assert_bounds(1);
    assert!(run.asked("store") > 0, "{run:?}");
}
