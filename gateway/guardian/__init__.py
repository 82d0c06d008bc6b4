"""What does the guardian say?"""
