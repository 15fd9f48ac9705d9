using Gantry.Server.Profiles;

namespace Gantry.Server.Clusters;

/// <summary>A cluster's copy of a profile, with the cluster's own values in place of the profile's.</summary>
public sealed record AttachedProfile(string Uid, string Name, string Version, int Published, ProfileTemplate Template);
