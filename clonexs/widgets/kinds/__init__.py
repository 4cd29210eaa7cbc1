"""The kinds of page. A kind owns layout and states; a page says what differs."""
