//! What is sent to Facebook and what is read of its answers, with and without a socket.

mod auth;
mod hostile;
mod messages;
mod request;
mod retry;
mod script;
mod tracing;
mod transport;
