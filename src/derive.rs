//! Works out what rules ask about: reach, effective authentication, scrubbing, retention.
