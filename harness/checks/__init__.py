"""What must hold on a box: certificates, trust, clocks, refusals, secrecy."""
