"""One rule for each kind of notification, over data that other packages have stored."""
