"""What happens around one job."""
