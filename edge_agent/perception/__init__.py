"""From frames to sightings of people: detection, tracking, head pose, attention, demographics."""
