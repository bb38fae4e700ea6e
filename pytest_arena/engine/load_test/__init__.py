"""load_test"""
