//! A store behind TLS: with a certificate that is trusted, with one that is not, and with none at all.

use std::fs;
use std::num::NonZeroU32;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use redis::{Client, TlsCertificates};
use resil_core::Quota;
use resil_core::pure::store_gate::Mode;
use resil_redis::{Members, Options, Source, Store, TokenBucket};
use resil_tests::redis_server::{RedisServer, free_port, program};

const PATIENCE: Duration = Duration::from_secs(20);

/// A certificate for 127.0.0.1 that signs itself, as `cert.pem` and `key.pem`; whether there is an openssl.
fn certificate(folder: &Path) -> bool {
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]);
    openssl.args([
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-addext",
        "basicConstraints=CA:FALSE",
    ]);
    openssl.arg("-keyout").arg(folder.join("key.pem")).arg("-out").arg(folder.join("cert.pem"));
    openssl.stdout(Stdio::null()).stderr(Stdio::null());
    openssl.status().is_ok_and(|status| status.success())
}

fn store(port: u16, root: Option<Vec<u8>>) -> Store {
    let members = Members::Fixed(NonZeroU32::MIN);
    let options =
        Options::default().with_members(members).with_connect_timeout(Duration::from_secs(2));
    let certificates = TlsCertificates { client_tls: None, root_cert: root };
    let client = Client::build_with_tls(format!("rediss://127.0.0.1:{port}/"), certificates);
    Store::with_client(client.unwrap(), options).unwrap()
}

#[test]
fn a_trusted_certificate_is_asked_and_any_other_is_as_good_as_away() {
    if program("TLS").is_none() {
        return;
    }
    let quota = Quota::per_second(100).unwrap();
    let folder = std::env::temp_dir().join(format!("resil-tls-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    assert!(certificate(&folder), "openssl makes a certificate");
    let path = |name: &str| folder.join(name).display().to_string();
    let (cert, key, tls_port) = (path("cert.pem"), path("key.pem"), free_port());
    let port = tls_port.to_string();
    let options = [
        "--tls-port",
        &port,
        "--tls-cert-file",
        &cert,
        "--tls-key-file",
        &key,
        "--tls-auth-clients",
        "no",
    ];
    let Some(server) = RedisServer::start_with("TLS", &options) else { return };
    let root = fs::read(&cert).unwrap();

    let trusted = store(tls_port, Some(root.clone()));
    assert!(trusted.wait_until_up(PATIENCE), "{trusted:?}");
    let bucket = TokenBucket::new(&trusted, "tls", quota).unwrap();
    let begin = Instant::now();
    // A busy machine may be late for one deadline, not for all.
    while bucket.try_acquire("s", 1).source != Source::Store {
        assert!(begin.elapsed() < PATIENCE, "{trusted:?}");
    }

    // Nobody signed it, and the other speaks no TLS.
    for (port, root) in [(tls_port, None), (server.port(), Some(root))] {
        let other = store(port, root);
        assert!(!other.wait_until_up(Duration::from_millis(500)));
        let bucket = TokenBucket::new(&other, "tls", quota).unwrap();
        assert_eq!(bucket.try_acquire("s", 1).source, Source::Rescue);
        assert_eq!(other.snapshot().mode, Mode::Down);
    }
    drop(server);
    let _ = fs::remove_dir_all(&folder);
}
