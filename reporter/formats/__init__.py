"""What a report can be written as. Each format takes a Report and returns bytes; none of them decides what is said."""
