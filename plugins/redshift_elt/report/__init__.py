"""A report: questions, their answers at one moment, and the page that shows them."""
