//! A class on a socket: what it is served, what it may say, and what comes of all else.

use tokio::net::TcpStream;

use super::*;
use crate::app::input::Chord;
use crate::app::input::{Input, Named};
use crate::app::session::Message;
use crate::cluster::command::Script;
use crate::ui::theme::Theme;

const SCRIPT: &str = "cluster servers=3 seed=7\nclients a\nuntil leader\n\
                      ask Who leads next? | S1 if leader = S1 | S2 if leader = S2 | S3 \
                      if leader = S3\nset x \"<b>1</b>\"\n";

fn session() -> Session {
    let script = Script::parse("asked.lab", SCRIPT.as_bytes()).expect("a script");
    let mut session = Session::script("asked.lab".into(), &script, None, Theme::default());
    let asked = |session: &Session| session.standing_question().is_some();
    for _ in 0..4_000 {
        session.update(Message::Frame(Duration::from_millis(50)));
        if asked(&session) {
            break;
        }
    }
    assert!(asked(&session), "the question stands");
    session
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(test);
}

/// Lets the lab and those who listen have their turns.
async fn turn(audience: &mut Audience, session: &mut Session) {
    for _ in 0..20 {
        session.update(Message::Frame(Duration::from_millis(50)));
        tokio::time::sleep(TELL_EACH / 8).await;
        audience.tell(session);
    }
}

struct Visitor {
    stream: TcpStream,
    heard: String,
}

impl Visitor {
    /// Sends a request.
    async fn ask(audience: &Audience, request: &str, body: &str) -> Self {
        let length = body.len();
        let text =
            format!("{request} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}");
        Self::begin(audience, &text).await
    }

    /// Sends these bytes.
    async fn begin(audience: &Audience, text: &str) -> Self {
        let host =
            audience.address["http://".len()..].split('/').next().expect("a host").to_owned();
        let stream = TcpStream::connect(&host).await.expect("it listens");
        stream.writable().await.expect("a socket");
        assert_eq!(stream.try_write(text.as_bytes()).expect("room"), text.len());
        Self { stream, heard: String::new() }
    }

    /// Hears until these words have come.
    async fn until(&mut self, words: &str) {
        let (mut bytes, end) = ([0; 4096], Instant::now() + Duration::from_secs(20));
        while !self.heard.contains(words) {
            // However much else is heard.
            let left = end.saturating_duration_since(Instant::now());
            let wait = timeout(left, self.stream.readable()).await;
            wait.unwrap_or_else(|_| panic!("no {words:?} in {}", self.heard)).expect("a socket");
            match self.stream.try_read(&mut bytes) {
                Ok(0) => panic!("it ended without {words:?}: {}", self.heard),
                Ok(read) => self.heard.push_str(&String::from_utf8_lossy(&bytes[..read])),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The data of the last event of this kind.
    fn last(&self, kind: &str) -> &str {
        let (_, event) =
            self.heard.rsplit_once(&format!("event: {kind}\n")).expect("such an event");
        event["data: ".len()..].split('\n').next().unwrap_or_default()
    }
}

async fn listening() -> Audience {
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Audience::listen(at, None, "<p>the page</p>".to_owned()).await.expect("a free port")
}

fn path(audience: &Audience) -> String {
    let rest = &audience.address["http://".len()..];
    rest[rest.find('/').expect("a path")..].to_owned()
}

#[test]
fn who_has_the_address_hears_the_whole_and_then_what_is_done() {
    run(async {
        let (mut audience, mut session) = (listening().await, session());
        turn(&mut audience, &mut session).await;
        let mut visitor =
            Visitor::ask(&audience, &format!("GET {}events", path(&audience)), "").await;
        visitor.until("event: question").await;
        assert!(visitor.heard.contains("data: until leader\n"), "{}", visitor.heard);
        // The address lies over the screen until it is closed, and counts meanwhile.
        turn(&mut audience, &mut session).await;
        let shown = format!("{:?}", session.scene().view.mode);
        assert!(shown.contains("this session: 1 does now"), "{shown}");
        for key in [Chord::Key(Named::Esc), Chord::Char('X')] {
            session.update(Message::Input(Input::Key(key)));
        }
        turn(&mut audience, &mut session).await;
        visitor.until(" crash ").await;
        assert_eq!(audience.named, Some(1));
        drop(visitor);
        turn(&mut audience, &mut session).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        turn(&mut audience, &mut session).await;
        assert_eq!(audience.named, Some(0), "who has gone is not counted");
        let mut page = Visitor::ask(&audience, &format!("GET {}", path(&audience)), "").await;
        page.until("the page").await;
        assert!(page.heard.contains("no-referrer"), "{}", page.heard);
    });
}

#[test]
fn without_the_word_there_is_nothing() {
    run(async {
        let audience = listening().await;
        let other = format!("/{}/", "0".repeat(24));
        for wrong in ["/", "/events", "/../", &other, &format!("{other}events")] {
            let mut visitor = Visitor::ask(&audience, &format!("GET {wrong}"), "").await;
            visitor.until("404 Not Found").await;
            visitor.until("scan the code").await;
        }
        let post = format!("POST {}", path(&audience));
        Visitor::ask(&audience, &post, "").await.until("405 Method Not Allowed").await;
    });
}

#[test]
fn a_choice_is_all_that_is_taken_from_a_follower() {
    run(async {
        let (mut audience, mut session) = (listening().await, session());
        turn(&mut audience, &mut session).await;
        let mut visitor =
            Visitor::ask(&audience, &format!("GET {}events", path(&audience)), "").await;
        visitor.until("\"choices\":[\"S1\",\"S2\",\"S3\"]").await;
        let you = visitor.last("you").to_owned();
        let asked = audience.hub.shared().asked;
        let answer = format!("POST {}answer", path(&audience));
        let long = "1".repeat(300);
        let refused = [
            (String::new(), "400"),
            ("crash S1".to_owned(), "400"),
            (format!("{you} {asked} 3"), "400"),
            (format!("{you} {asked} -1"), "400"),
            (format!("{you} {asked} 1 1"), "400"),
            (format!("1 {asked} 1"), "400"),
            (format!("{you} {} 1", asked + 1), "410"),
            (long, "413"),
        ];
        for (body, status) in refused {
            Visitor::ask(&audience, &answer, &body)
                .await
                .until(&format!("HTTP/1.1 {status}"))
                .await;
        }
        assert!(audience.hub.shared().said.is_empty());
        Visitor::ask(&audience, &answer, &format!("{you} {asked} 1")).await.until("204").await;
        let other = format!("{you} {asked} 2");
        Visitor::ask(&audience, &answer, &other).await.until("429").await;
        audience.counted -= COUNT_EACH;
        turn(&mut audience, &mut session).await;
        visitor.until(" answer 0 1 0\n").await;
        // Once the question has its answer none is taken; where it stands again, its hands are those that were raised.
        for key in [Chord::Key(Named::Esc), Chord::Char(' ')] {
            session.update(Message::Input(Input::Key(key)));
        }
        turn(&mut audience, &mut session).await;
        visitor.until("\"choices\":null").await;
        Visitor::ask(&audience, &answer, &format!("{you} {asked} 2")).await.until("400").await;
        for key in [',', '.'] {
            session.update(Message::Input(Input::Key(Chord::Char(key))));
        }
        turn(&mut audience, &mut session).await;
        assert_eq!(audience.hub.shared().asked, asked);
        assert_eq!(audience.hub.shared().said.len(), 1);
        let again = format!("GET {}events?you={you}", path(&audience));
        Visitor::ask(&audience, &again, "").await.until("event: said\ndata: 1\n").await;
        audience.end().await;
        visitor.until("event: over").await;
    });
}

#[test]
fn who_follows_twice_is_counted_once_and_keeps_their_voice() {
    run(async {
        let (mut audience, mut session) = (listening().await, session());
        turn(&mut audience, &mut session).await;
        let events = format!("GET {}events", path(&audience));
        let mut one = Visitor::ask(&audience, &events, "").await;
        one.until("event: question").await;
        let you = one.last("you").to_owned();
        let mut two = Visitor::ask(&audience, &format!("{events}?you={you}"), "").await;
        two.until("event: question").await;
        assert_eq!(two.last("you"), you);
        assert_eq!(audience.hub.shared().following(), 1);
        drop(two);
        // More numbers than are remembered, each gone again.
        for fresh in 0..2 * KNOWN_MAX as u64 {
            let mut shared = audience.hub.shared();
            let number = shared.welcome(None, fresh);
            shared.part(number);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(audience.hub.shared().following(), 1);
        assert!(audience.hub.shared().known.len() <= KNOWN_MAX + 1);
        let body = format!("{you} {} 1", audience.hub.shared().asked);
        let answer = format!("POST {}answer", path(&audience));
        Visitor::ask(&audience, &answer, &body).await.until("204").await;
    });
}

#[test]
fn a_request_whose_rest_does_not_come_is_given_up() {
    run(async {
        let audience = listening().await;
        let begun = Instant::now();
        let answer = format!("POST {}answer HTTP/1.1\r\nContent-Length: 50", path(&audience));
        let mut visitor =
            Visitor::begin(&audience, &format!("{answer}\r\nHost: x\r\n\r\n1 1")).await;
        visitor.until("408 Request Timeout").await;
        assert!(begun.elapsed() >= PATIENCE / 2);
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
