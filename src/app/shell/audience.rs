//! `--audience`: a class follows the session on its own screens. It is served the page (`share.rs`), and
//! then what is done as it happens, as lines of a recording ([`Telling`]): a few bytes a command, for
//! each browser plays the run itself.
//!
//! Nobody reaches the lab from there. An address holds a random word; whoever has it can look, and can
//! answer a question that stands with one of its choices. That number is all that is ever taken from a
//! follower. How many there are, how long a request may be and how often one may answer is bounded,
//! and what listens does so on this machine alone unless another address is named. Plain HTTP: who
//! wants TLS puts a proxy before it (docs/web.md).

mod patient;

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::stream;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use miniz_oxide::deflate::compress_to_vec_zlib;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, broadcast};
use tokio::time::timeout;

use self::patient::Patient;
use super::Mistake;
use crate::app::session::Session;
use crate::app::session::follow::{Asked, Telling, Told};

/// The most connections at a time: a lecture hall, and each its page and its stream.
const CONNECTIONS_MAX: usize = 1_000;
/// How much a stream may be behind before it begins again.
const BEHIND_MAX: usize = 512;
/// From so many lines on, who comes late is told the whole anew instead.
const LINES_MAX: usize = 1_000;
/// How long a request may take to come, its head and its body each, and how often a quiet stream says
/// that it is there.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long somebody may take nothing of what is sent to them.
const STALLED: Duration = Duration::from_secs(30);
/// The most numbers of followers that are remembered.
const KNOWN_MAX: usize = 8 * CONNECTIONS_MAX;
/// How often a follower may change an answer, and how often answers are taken over.
const ANSWER_EACH: Duration = Duration::from_millis(250);
const COUNT_EACH: Duration = Duration::from_secs(1);
/// How long those who follow have to hear that it is over.
const FAREWELL: Duration = Duration::from_millis(200);
/// How often is told where the run has come to.
const TELL_EACH: Duration = Duration::from_millis(60);

/// What those who follow have to know.
#[derive(Default)]
struct Shared {
    /// A recording, and the lines since, each as it is sent.
    whole: Bytes,
    lines: Vec<Bytes>,
    /// Where the screen is, and the question that stands.
    place: Bytes,
    question: Bytes,
    /// Which question it is, how many choices it has, and what each follower says, when.
    asked: u64,
    choices: usize,
    said: BTreeMap<u64, (usize, Instant)>,
    /// Numbers that have been given to followers, so that nobody has two voices, and how many streams each
    /// has: two tabs, or one whose loss nobody has noticed yet and the one after it.
    known: BTreeMap<u64, usize>,
}

impl Shared {
    /// How many follow, each counted once.
    fn following(&self) -> usize {
        self.known.values().filter(|streams| **streams > 0).count()
    }

    /// A stream begins for the follower who had this number, or for another one.
    fn welcome(&mut self, before: Option<u64>, fresh: u64) -> u64 {
        if self.known.len() >= KNOWN_MAX {
            // Who is there, or has answered, keeps their voice.
            let said = &self.said;
            self.known.retain(|number, streams| *streams > 0 || said.contains_key(number));
        }
        let number = before.filter(|number| self.known.contains_key(number)).unwrap_or(fresh);
        *self.known.entry(number).or_default() += 1;
        number
    }

    fn part(&mut self, number: u64) {
        if let Some(streams) = self.known.get_mut(&number) {
            *streams -= 1;
        }
    }
}

struct Hub {
    shared: Mutex<Shared>,
    live: broadcast::Sender<Bytes>,
    page: Bytes,
    /// The same, compressed: a hall loads it all at once.
    packed: Bytes,
}

impl Hub {
    fn shared(&self) -> MutexGuard<'_, Shared> {
        // What a panic has left is still only what is shown.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A class that follows a session.
pub struct Audience {
    hub: Arc<Hub>,
    /// Where it is found.
    address: String,
    told: Told,
    last: Instant,
    /// The question that was told last, and whether it stands.
    asked: Option<Asked>,
    stands: bool,
    counted: Instant,
    named: Option<usize>,
}

impl Audience {
    /// Begins to listen, and serves this page. A class that comes through a proxy finds it at `proxy`.
    ///
    /// # Errors
    /// When the address is taken, or is none of this machine's.
    pub async fn listen(
        at: SocketAddr,
        proxy: Option<&str>,
        page: String,
    ) -> Result<Self, Mistake> {
        let cant = |error: std::io::Error| Mistake::Usage(format!("--audience: {at}: {error}"));
        let listener = TcpListener::bind(at).await.map_err(cant)?;
        let port = listener.local_addr().map_err(cant)?.port();
        let word = word().map_err(|error| Mistake::Usage(format!("--audience: {error}")))?;
        let base = match proxy {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", SocketAddr::new(reachable(at.ip()), port)),
        };
        let (live, _) = broadcast::channel(BEHIND_MAX);
        let packed = Bytes::from(compress_to_vec_zlib(page.as_bytes(), 6));
        let hub = Arc::new(Hub { shared: Mutex::default(), live, page: page.into(), packed });
        tokio::spawn(serve(listener, router(&word, hub.clone())));
        let now = Instant::now();
        Ok(Self {
            hub,
            address: format!("{base}/{word}/"),
            told: Told::default(),
            last: now,
            asked: None,
            stands: false,
            counted: now,
            named: None,
        })
    }

    /// Tells what is new, and takes over what the class answers.
    pub fn tell(&mut self, session: &mut Session) {
        if self.last.elapsed() < TELL_EACH {
            return;
        }
        self.last = Instant::now();
        for telling in session.tell_class(&mut self.told) {
            let mut shared = self.hub.shared();
            let event = match telling {
                Telling::Whole(text) => {
                    let event = event("whole", &text);
                    shared.whole = event.clone();
                    shared.lines.clear();
                    event
                }
                Telling::Line(line) if line.starts_with("reached") => {
                    let event = event("line", &line);
                    shared.place = event.clone();
                    event
                }
                Telling::Line(line) => {
                    let event = event("line", &line);
                    shared.lines.push(event.clone());
                    event
                }
            };
            if shared.lines.len() > LINES_MAX {
                shared.whole = self::event("whole", &session.whole());
                shared.lines.clear();
            }
            // Without followers nobody hears it.
            let _ = self.hub.live.send(event);
        }
        self.ask(session);
        let following = self.hub.shared().following();
        let before = self.named.replace(following);
        if before != Some(following) {
            session.set_audience(&self.address, following);
        }
        if before.is_none() {
            session.open_audience();
        }
    }

    /// From now on it is this session that the class follows.
    pub fn turn_to(&mut self, session: &mut Session) {
        self.told = Told::default();
        session.set_audience(&self.address, self.named.unwrap_or_default());
    }

    /// Hands on the question that stands, and counts the answers.
    fn ask(&mut self, session: &mut Session) {
        let asked = session.standing_question();
        let stands = asked.is_some();
        let is_other = stands && asked != self.asked;
        if is_other || stands != self.stands {
            let mut shared = self.hub.shared();
            // Who goes back to a question finds the hands that were raised.
            if is_other {
                shared.asked += 1;
                shared.said.clear();
                self.asked = asked;
            }
            let choices = self.asked.as_ref().filter(|_| stands).map(|asked| &asked.choices);
            shared.choices = choices.map_or(0, Vec::len);
            let told = serde_json::json!({ "number": shared.asked, "choices": choices });
            shared.question = event("question", &told.to_string());
            let _ = self.hub.live.send(shared.question.clone());
            self.stands = stands;
        }
        if !stands || self.counted.elapsed() < COUNT_EACH {
            return;
        }
        self.counted = Instant::now();
        let hands = {
            let shared = self.hub.shared();
            let mut hands = vec![0_u32; shared.choices];
            for (choice, _) in shared.said.values() {
                if let Some(hand) = hands.get_mut(*choice) {
                    *hand += 1;
                }
            }
            hands
        };
        if hands.iter().any(|hand| *hand > 0) {
            session.hear_class(hands);
        }
    }

    /// Tells those who follow that it is over, and lets them hear it.
    pub async fn end(self) {
        if self.hub.live.send(event("over", "1")).is_ok() {
            tokio::time::sleep(FAREWELL).await;
        }
    }
}

/// A random word that nobody guesses.
fn word() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Under which address others reach this machine, if it listens on all that it has. No packet is sent.
fn reachable(ip: IpAddr) -> IpAddr {
    if !ip.is_unspecified() {
        return ip;
    }
    let outwards = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    };
    outwards().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.ip())
}

/// An event as a browser reads it from a stream.
fn event(kind: &str, text: &str) -> Bytes {
    let mut event = format!("event: {kind}\n");
    for line in text.split('\n') {
        event.push_str("data: ");
        event.push_str(&line.replace('\r', ""));
        event.push('\n');
    }
    event.push('\n');
    Bytes::from(event)
}

fn router(word: &str, hub: Arc<Hub>) -> Router {
    Router::new()
        .route(&format!("/{word}/"), get(page))
        .route(&format!("/{word}/events"), get(events))
        .route(&format!("/{word}/answer"), post(answer))
        .fallback(nothing)
        .layer(DefaultBodyLimit::max(256))
        .layer(from_fn(in_time))
        .with_state(hub)
}

/// What is sent with a request comes in time, or there is no answer to it.
async fn in_time(request: Request, next: Next) -> Response {
    let answer = timeout(PATIENCE, next.run(request)).await;
    answer.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

/// Takes connections, as many as may be at a time. What comes or goes too slowly is given up.
async fn serve(listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, perhaps: others go first.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(8 * 1024);
            // Whoever goes away has gone.
            let stream = TokioIo::new(Patient::new(stream, STALLED));
            let _ = http.serve_connection(stream, service).await;
            drop(place);
        });
    }
}

/// What stands where no class is.
const NOTHING: &str = "<!doctype html><meta charset=utf-8>\
    <meta name=viewport content=\"width=device-width\"><title>raftlab</title>\
    <p>No class is followed at this address. It may be that of an earlier one, or have a letter too few: \
    scan the code on the presenter's screen once more (<code>:audience</code> shows it).";

async fn nothing() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (StatusCode::NOT_FOUND, kind, NOTHING).into_response()
}

async fn page(State(hub): State<Arc<Hub>>, asked: HeaderMap) -> Response {
    let encodings = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let mut coded = encodings.unwrap_or_default().split(',').map(str::trim);
    let body = if coded.any(|coding| coding == "deflate") {
        ([(header::CONTENT_ENCODING, "deflate")], hub.packed.clone()).into_response()
    } else {
        hub.page.clone().into_response()
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    (headers, body).into_response()
}

/// What is under way for one follower.
struct Stream {
    hub: Arc<Hub>,
    number: u64,
    /// What it is told first. All streams share these bytes.
    first: VecDeque<Bytes>,
    live: broadcast::Receiver<Bytes>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.hub.shared().part(self.number);
    }
}

/// The number that a follower had before its connection was lost: "you=NUMBER".
fn number_before(query: Option<&str>) -> Option<u64> {
    query?.strip_prefix("you=")?.parse().ok()
}

async fn events(State(hub): State<Arc<Hub>>, RawQuery(query): RawQuery) -> Response {
    let Ok(fresh) = word().map(|word| u64::from_str_radix(&word[..13], 16).unwrap_or_default())
    else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    // From here on nothing is missed, and nothing comes twice: the lock is held while anything is sent.
    let (number, first, live) = {
        let mut shared = hub.shared();
        let number = shared.welcome(number_before(query.as_deref()), fresh);
        let mut first = VecDeque::from([event("you", &number.to_string()), shared.whole.clone()]);
        first.extend(shared.lines.iter().cloned());
        first.extend([shared.place.clone(), shared.question.clone()]);
        let said = shared.said.get(&number).filter(|_| shared.choices > 0);
        first.extend(said.map(|(choice, _)| event("said", &choice.to_string())));
        // An empty piece would end the answer.
        first.retain(|part| !part.is_empty());
        (number, first, hub.live.subscribe())
    };
    let state = Stream { hub, number, first, live };
    let next = |mut state: Stream| async move {
        if let Some(first) = state.first.pop_front() {
            return Some((Ok::<_, Infallible>(first), state));
        }
        match timeout(PATIENCE, state.live.recv()).await {
            Ok(Ok(event)) => Some((Ok(event), state)),
            // Shows that the stream is there: who hears nothing for long connects anew.
            Err(_) => Some((Ok(Bytes::from_static(b"event: beat\ndata: 1\n\n")), state)),
            // Too far behind: the browser comes again, and is told the whole.
            Ok(Err(_)) => None,
        }
    };
    let body = Body::from_stream(stream::unfold(state, next));
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (headers, body).into_response()
}

/// "FOLLOWER QUESTION CHOICE": three numbers, and nothing else is taken.
async fn answer(State(hub): State<Arc<Hub>>, body: String) -> StatusCode {
    let numbers: Option<Vec<u64>> = body.split(' ').map(|word| word.parse().ok()).collect();
    let Some([follower, question, choice]) = numbers.and_then(|all| <[u64; 3]>::try_from(all).ok())
    else {
        return StatusCode::BAD_REQUEST;
    };
    let mut shared = hub.shared();
    let choice = usize::try_from(choice).unwrap_or(usize::MAX);
    if !shared.known.contains_key(&follower) || choice >= shared.choices {
        return StatusCode::BAD_REQUEST;
    }
    if question != shared.asked {
        return StatusCode::GONE;
    }
    let now = Instant::now();
    let soon = shared.said.get(&follower).is_some_and(|(_, when)| now - *when < ANSWER_EACH);
    if soon {
        return StatusCode::TOO_MANY_REQUESTS;
    }
    shared.said.insert(follower, (choice, now));
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests;
