"""The recipe of the guardian model: prepare, train, evaluate, export. It may import the gateway's families; the
gateway never imports it.
"""
