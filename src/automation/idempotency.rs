//! Identities by hash: stable over versions, machines and restarts.

use sha2::{Digest, Sha256};

use super::event::ContactEvent;
use super::timestamp::micros;

fn hash(parts: &[&[u8]]) -> u128 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    finish(hasher)
}

fn finish(hasher: Sha256) -> u128 {
    let digest: [u8; 32] = hasher.finalize().into();
    digest.first_chunk::<16>().map_or(0, |first| u128::from_be_bytes(*first))
}

/// Returns the identity of an event: its id for the contact, or all of its content.
pub(super) fn event_key(event: &ContactEvent) -> u128 {
    if let Some(id) = &event.id {
        return hash(&[b"id", event.contact.as_bytes(), id.as_bytes()]);
    }
    let mut hasher = Sha256::new();
    for part in [event.contact.as_bytes(), &micros(event.at).to_le_bytes(), event.kind.kind().as_bytes()] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    event.kind.each_text(&mut |text| {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    });
    finish(hasher)
}

/// Returns the identity of what follows from something by an action.
pub(super) fn follow_up(parent: u128, origin: &str, index: u32) -> u128 {
    hash(&[b"follow-up", &parent.to_le_bytes(), origin.as_bytes(), &index.to_le_bytes()])
}

/// Returns the identity of a manual run.
pub(super) fn manual_run_key(label: &str, contact: &str) -> u128 {
    hash(&[b"by hand", label.as_bytes(), contact.as_bytes()])
}

/// Returns the path of a contact through a split, an index into `weights`.
pub(super) fn split_bucket(workflow: &str, node: &str, contact: &str, weights: &[u32]) -> usize {
    let total: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    if total == 0 {
        return 0;
    }
    let mut left = hash(&[b"split", workflow.as_bytes(), node.as_bytes(), contact.as_bytes()]) % total;
    for (index, &weight) in weights.iter().enumerate() {
        if left < u128::from(weight) {
            return index;
        }
        left -= u128::from(weight);
    }
    0
}

#[cfg(test)]
mod tests {
    use super::split_bucket;

    #[test]
    fn a_split_follows_its_weights_and_is_the_same_every_time() {
        let mut counts = [0_u32; 3];
        for contact in 0..10_000 {
            let contact = contact.to_string();
            let way = split_bucket("w", "n", &contact, &[50, 40, 10]);
            assert_eq!(way, split_bucket("w", "n", &contact, &[50, 40, 10]));
            counts[way] += 1;
        }
        assert!((4_800..5_200).contains(&counts[0]), "{counts:?}");
        assert!((3_800..4_200).contains(&counts[1]), "{counts:?}");
        assert!((850..1_150).contains(&counts[2]), "{counts:?}");
    }
}
