"""What does running a model cost the environment, here and on hardware nobody has measured?"""

from collectors import __version__

__all__ = ["__version__"]
