"""Reports: questions, their answers as of one moment, and the page that shows them."""
