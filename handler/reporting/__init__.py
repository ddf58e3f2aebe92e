"""A plan and its outcome -> report.json, pages, histories and notices."""
