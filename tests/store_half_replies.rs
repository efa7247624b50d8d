//! Limiters on a server that stops in the middle of a reply, or answers something else.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use resil_redis::{Source, Store, TokenBucket};
use resil_tests::store_load::{LONGEST_WAIT, PATIENCE, options, quota, under_load};

/// A server of the test's own that answers the greeting, then `replies` bytes of every script's answer, and then
/// hangs up or says no more.
fn half_a_reply(replies: &'static [u8], hangs_up: bool) -> (u16, &'static AtomicU32) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let scripts: &AtomicU32 = Box::leak(Box::new(AtomicU32::new(0)));
    let serve = move |mut stream: TcpStream| {
        let mut bytes = [0; 65_536];
        while let Ok(length @ 1..) = stream.read(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            for command in text.split('*').skip(1) {
                let answer: &[u8] = if command.contains("EVAL") {
                    // Two good tries, so that it counts as there.
                    match scripts.fetch_add(1, Ordering::Relaxed) {
                        0 | 1 => b"*4\r\n:1\r\n:9\r\n:0\r\n:1\r\n",
                        _ => replies,
                    }
                } else {
                    b"+OK\r\n"
                };
                if stream.write_all(answer).is_err() || (answer == replies && hangs_up) {
                    return;
                }
            }
        }
    };
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || serve(stream));
        }
    });
    (port, scripts)
}

#[test]
fn a_reply_that_stops_in_the_middle_is_no_answer_and_is_not_asked_for_again() {
    for (replies, hangs_up) in [
        (&b"*4\r\n:1\r\n:9"[..], true),
        (b"*4\r\n:1\r\n:9", false),
        (b"", false),
        (b"*1\r\n:1\r\n", false),
        (b"*4\r\n:1\r\n:9\r\n:0\r\n$1\r\nx\r\n", false),
    ] {
        let (port, scripts) = half_a_reply(replies, hangs_up);
        let store = Store::open_with(&format!("redis://127.0.0.1:{port}/"), options()).unwrap();
        assert!(store.wait_until_up(PATIENCE), "{store:?}");
        let bucket = TokenBucket::new(&store, "half", quota()).unwrap();
        let before = scripts.load(Ordering::Relaxed);
        let asked = Instant::now();
        let answer = bucket.try_acquire("s", 1);
        assert_eq!(answer.source, Source::Rescue, "{replies:?}");
        assert!(asked.elapsed() < LONGEST_WAIT);
        let once = scripts.load(Ordering::Relaxed) - before;
        // Whole but wrong, the server is still asked; else it is tried anew by the keeper alone.
        assert!(once == 1 || replies.is_empty() || replies.starts_with(b"*4"), "{once}");
        let run = under_load(&bucket, || thread::sleep(Duration::from_millis(400)));
        run.assert_bounds(0);
    }
}
