//! Clients without a password, by hand: whether a server lets them do anything.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(10);

/// What became of a client that has no password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    LetIn,
    Refused,
}

impl Answer {
    fn let_in(yes: bool) -> Answer {
        if yes { Answer::LetIn } else { Answer::Refused }
    }
}

/// Knocks until there is an answer. A machine with much to do is slow, which says nothing.
pub(crate) fn patiently(
    knock: fn(SocketAddr) -> io::Result<Answer>,
    address: SocketAddr,
) -> io::Result<Answer> {
    let since = Instant::now();
    loop {
        match knock(address) {
            // Nobody listens there.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                return Ok(Answer::Refused);
            }
            Err(_) if since.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(100));
            }
            answer => return answer,
        }
    }
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// RESP: `PING` is answered `+PONG`, `-NOAUTH …`, or `-DENIED …` by protected mode.
pub(crate) fn redis(address: SocketAddr) -> io::Result<Answer> {
    let mut stream = connect(address)?;
    // Protected mode answers and hangs up without reading.
    let _ = stream.write_all(b"*1\r\n$4\r\nPING\r\n");
    let mut begin = [0; 5];
    match stream.read_exact(&mut begin) {
        Ok(()) => Ok(Answer::let_in(&begin == b"+PONG")),
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(Answer::Refused),
        Err(error) => Err(error),
    }
}

/// The text protocol, and the binary one where a server with SASL speaks nothing else
/// (memcached, doc/protocol-binary: `stat` is opcode 0x10, status 0x20 wants a login).
pub(crate) fn memcached(address: SocketAddr) -> io::Result<Answer> {
    let mut stream = connect(address)?;
    // Longer than a binary header, so that a binary server sees at once that this is none.
    stream.write_all(&b"stats\r\n".repeat(4))?;
    let mut begin = [0; 5];
    if stream.read_exact(&mut begin).is_ok() {
        return Ok(Answer::let_in(&begin == b"STAT "));
    }
    let mut stream = connect(address)?;
    let mut request = [0; 24];
    request[0] = 0x80;
    request[1] = 0x10;
    stream.write_all(&request)?;
    let mut header = [0; 24];
    stream.read_exact(&mut header)?;
    Ok(Answer::let_in(header[0] == 0x81 && header[6..8] == [0, 0]))
}

/// `StartupMessage`, then `R` with what is asked: 0 is nothing (protocol 3.0).
pub(crate) fn postgresql(address: SocketAddr) -> io::Result<Answer> {
    let mut stream = connect(address)?;
    let mut message = 196_608_u32.to_be_bytes().to_vec();
    message.extend_from_slice(b"user\0postgres\0database\0postgres\0\0");
    let length = u32::try_from(message.len() + 4).unwrap();
    stream.write_all(&length.to_be_bytes())?;
    stream.write_all(&message)?;
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    let mut body = vec![0; length.saturating_sub(4)];
    stream.read_exact(&mut body)?;
    // `cannot_connect_now`: it still starts.
    if head[0] == b'E' && body.windows(7).any(|field| field == b"C57P03\0") {
        return Err(io::Error::other("the server still starts"));
    }
    Ok(Answer::let_in(head[0] == b'R' && body.starts_with(&[0; 4])))
}

/// Greeting, `HandshakeResponse41` of `root` with an empty password, then OK, ERR or the wish for
/// another way to log in, which is answered with the same empty password.
pub(crate) fn mariadb(address: SocketAddr) -> io::Result<Answer> {
    // LONG_PASSWORD, PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH
    const ABILITIES: u32 = 0x0008_8201;
    let mut stream = connect(address)?;
    let (_, greeting) = packet(&mut stream)?;
    if greeting.first() != Some(&10) {
        return Ok(Answer::Refused);
    }
    let mut reply = ABILITIES.to_le_bytes().to_vec();
    reply.extend_from_slice(&0x0100_0000_u32.to_le_bytes());
    reply.push(33);
    reply.extend_from_slice(&[0; 23]);
    reply.extend_from_slice(b"root\0\0mysql_native_password\0");
    send(&mut stream, 1, &reply)?;
    let (number, mut answer) = packet(&mut stream)?;
    if answer.first() == Some(&0xfe) {
        send(&mut stream, number + 1, &[])?;
        answer = packet(&mut stream)?.1;
    }
    Ok(Answer::let_in(answer.first() == Some(&0)))
}

/// Number and payload.
fn packet(stream: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 4];
    stream.read_exact(&mut head)?;
    let mut payload = vec![0; u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize];
    stream.read_exact(&mut payload)?;
    Ok((head[3], payload))
}

fn send(stream: &mut TcpStream, number: u8, payload: &[u8]) -> io::Result<()> {
    let mut head = u32::try_from(payload.len()).unwrap().to_le_bytes();
    head[3] = number;
    stream.write_all(&head)?;
    stream.write_all(payload)
}
