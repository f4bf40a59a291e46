//! Runs the contract suite against Facebook itself: makes audiences in an ad account of yours and deletes them.
//!
//! `cargo run --example client_contract --features testing -- --account act_1234567890 < token.txt`

use std::process::ExitCode;
use std::sync::Arc;

use audiencekit::testing::client_contract::{Subject, checks};
use audiencekit::{AccountId, GraphClient};
use clap::Parser;

#[derive(Parser)]
#[command(about = "Runs the contract suite against Facebook; the access token is read from standard input")]
struct Args {
    /// An ad account that is active, linked to a business, with the custom audience terms accepted.
    #[arg(long)]
    account: AccountId,
    /// Another host than Facebook's, such as that of the fake server.
    #[arg(long)]
    base_url: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let args = Args::parse();
    let mut token = String::new();
    std::io::stdin().read_line(&mut token)?;
    let mut client = GraphClient::builder(token);
    if let Some(base) = args.base_url {
        client = client.base_url(base);
    }
    let client = Arc::new(client.build()?);
    let (mut kept, mut broken) = (0, 0);
    for check in checks().filter(|check| !check.needs_fake()) {
        match check.run(Subject::real(client.clone(), args.account.clone())).await {
            Ok(_) => {
                kept += 1;
                println!("kept    {}", check.name());
            }
            Err(why) => {
                broken += 1;
                println!("broken  {}: {why}", check.name());
            }
        }
    }
    println!("{kept} kept, {broken} broken");
    Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
