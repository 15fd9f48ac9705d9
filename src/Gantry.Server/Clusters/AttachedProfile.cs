using Gantry.Server.Profiles;

namespace Gantry.Server.Clusters;

/// <summary>A profile as a cluster holds it: a copy, with the cluster's own values in place of the profile's.</summary>
public sealed record AttachedProfile(string Uid, string Name, string Version, int Published, ProfileTemplate Template);
