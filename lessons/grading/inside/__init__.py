"""What runs in the process of a submission: standard library and numpy, nothing of ours but this folder and the tasks.

Whatever comes out of that process is the student's word. It is read as plain data and judged elsewhere.
"""
