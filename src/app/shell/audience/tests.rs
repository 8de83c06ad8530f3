//! A class on a socket: what comes of those who don't have the address, and of what is no request.

use tokio::net::TcpStream;

use super::*;

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(test);
}

struct Visitor {
    stream: TcpStream,
    heard: String,
}

impl Visitor {
    /// Sends a request.
    async fn ask(audience: &Audience, request: &str, body: &str) -> Self {
        let host =
            audience.address["http://".len()..].split('/').next().expect("a host").to_owned();
        let stream = TcpStream::connect(&host).await.expect("it listens");
        let text = format!(
            "{request} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.writable().await.expect("a socket");
        assert_eq!(stream.try_write(text.as_bytes()).expect("room"), text.len());
        Self { stream, heard: String::new() }
    }

    /// Hears until these words have come.
    async fn until(&mut self, words: &str) {
        let mut bytes = [0; 4096];
        while !self.heard.contains(words) {
            let wait = timeout(Duration::from_secs(10), self.stream.readable()).await;
            wait.unwrap_or_else(|_| panic!("no {words:?} in {}", self.heard)).expect("a socket");
            match self.stream.try_read(&mut bytes) {
                Ok(0) => panic!("it ended without {words:?}: {}", self.heard),
                Ok(read) => self.heard.push_str(&String::from_utf8_lossy(&bytes[..read])),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

async fn listening() -> Audience {
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Audience::listen(at, "<p>the page</p>".to_owned()).await.expect("a free port")
}

fn path(audience: &Audience) -> String {
    let rest = &audience.address["http://".len()..];
    rest[rest.find('/').expect("a path")..].to_owned()
}

#[test]
fn without_the_word_there_is_nothing() {
    run(async {
        let audience = listening().await;
        let other = format!("/{}/", "0".repeat(24));
        for wrong in ["/", "/events", "/../", &other, &format!("{other}events")] {
            let mut visitor = Visitor::ask(&audience, &format!("GET {wrong}"), "").await;
            visitor.until("404 Not Found").await;
        }
        let post = format!("POST {}", path(&audience));
        Visitor::ask(&audience, &post, "").await.until("405 Method Not Allowed").await;
    });
}

#[test]
fn what_comes_too_slowly_or_is_no_request_is_given_up() {
    run(async {
        let audience = listening().await;
        let host =
            audience.address["http://".len()..].split('/').next().expect("a host").to_owned();
        let stream = TcpStream::connect(&host).await.expect("it listens");
        stream.writable().await.expect("a socket");
        stream.try_write(&[b'x'; 20_000]).expect("room");
        // Whether it is told so or not, it has come to its end.
        let mut bytes = [0; 4096];
        loop {
            let wait = timeout(PATIENCE * 2, stream.readable()).await;
            wait.expect("given up").expect("a socket");
            match stream.try_read(&mut bytes) {
                Ok(0) => break,
                Ok(read) => assert!(bytes[..read].starts_with(b"HTTP/1.1 4"), "{bytes:?}"),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
        }
    });
}
